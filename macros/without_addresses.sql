{% macro without_addresses(text) -%}
    {{ return(adapter.dispatch('without_addresses', 'identity_graph')(text)) }}
{%- endmacro %}

{% macro duckdb__without_addresses(text) -%}
    case
        when {{ text }} like '%@%' or {{ text }} like '%\%40%' escape '\'
            then regexp_replace({{ text }}, '[A-Za-z0-9._%+-]+(?:@|%40)[A-Za-z0-9.-]+', '[removed]', 'g')
        else {{ text }}
    end
{%- endmacro %}

{% macro bigquery__without_addresses(text) -%}
    regexp_replace({{ text }}, r'[A-Za-z0-9._%+-]+(?:@|%40)[A-Za-z0-9.-]+', '[removed]')
{%- endmacro %}
