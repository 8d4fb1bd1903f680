{% macro utm_value(name, query_string, sent=[], kept=[]) -%}
    {#- What was sent for it goes before the address, and that before what the tracker keeps. Sources and mediums are compared. -#}
    {%- set is_origin = name in ['utm_source', 'utm_medium'] -%}
    {{ 'lower(' if is_origin }}coalesce(
        {%- for value in sent + [url_parameter(query_string, [name])] + kept %}
        {{ campaign_value(value, is_origin) }}{{ "," if not loop.last }}
        {%- endfor %}
    ){{ ')' if is_origin }}
{%- endmacro %}
