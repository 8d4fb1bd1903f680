{% macro without_personal_data(json_text, sensitive_properties=[]) -%}
    {#-
        Two passes over the text of the properties: the values of names that tell an email, phone or ip (scalars, lists and flat
        objects), then whatever looks like one under any other name.
    -#}
    {%- set names = [
        '[^"]*e-?mail[^"]*', '[^"]*phone[^"]*', '[^"]*mobile[^"]*', '[^"]*msisdn[^"]*',
        '(?:[^"]*[_-])?ips?', '[^"]*ip_?addr[^"]*', '(?:client|remote|user|customer|source|visitor)ips?'
    ] + sensitive_properties -%}
    {%- set named -%}
        "({{ names | join('|') }})"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.]*|\[[^\]]*\]|\{[^{}]*\})
    {%- endset -%}
    {%- set shaped -%}
        [^\s"'<>,:=@]+(?:@|%40|\\u0040)[^\s"'<>,]+|\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|\+[0-9][0-9 ()-]{7,}[0-9]
    {%- endset -%}
    {{ return(adapter.dispatch('without_personal_data', 'identity_graph')(json_text, named | trim, shaped | trim)) }}
{%- endmacro %}

{% macro duckdb__without_personal_data(json_text, named, shaped) -%}
    regexp_replace(
        regexp_replace({{ json_text }}, '{{ named }}', '"\1":"[removed]"', 'gi'),
        '{{ shaped | replace("'", "''") }}', '[removed]', 'g'
    )
{%- endmacro %}

{% macro bigquery__without_personal_data(json_text, named, shaped) -%}
    regexp_replace(
        regexp_replace({{ json_text }}, r'(?i){{ named }}', r'"\1":"[removed]"'),
        r"""{{ shaped }}""", '[removed]'
    )
{%- endmacro %}
