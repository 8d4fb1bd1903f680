{% macro without_personal_data(json_text, sensitive_properties=[]) -%}
    {{ return(adapter.dispatch('without_personal_data', 'identity_graph')(json_text, sensitive_properties)) }}
{%- endmacro %}

{% macro duckdb__without_personal_data(json_text, sensitive_properties) -%}
    {%- set names = ['e-?mail(?:_address)?', 'phone(?:_number)?', 'mobile', 'ip(?:_address)?'] + sensitive_properties -%}
    regexp_replace(
        regexp_replace(
            {{ json_text }},
            '"({{ names | join("|") }})"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.]*)', '"\1":"[removed]"', 'gi'
        ),
        '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+', '[removed]', 'g'
    )
{%- endmacro %}

{% macro bigquery__without_personal_data(json_text, sensitive_properties) -%}
    {%- set names = ['e-?mail(?:_address)?', 'phone(?:_number)?', 'mobile', 'ip(?:_address)?'] + sensitive_properties -%}
    regexp_replace(
        regexp_replace(
            {{ json_text }},
            r'(?i)"({{ names | join("|") }})"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.]*)', r'"\1":"[removed]"'
        ),
        r'[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+', '[removed]'
    )
{%- endmacro %}
