{% macro link_columns(ignored, sent={}, kept={}) -%}
    {#- What was sent for a campaign goes before the address, and that before what the tracker keeps. Sources and mediums are compared. -#}
    lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
    {{ known_value(url_click_id('query_string'), ignored) }} as url_click_id,
    {{ url_click_id('query_string', is_name=true) }} as url_click_id_type
    {%- for name in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] %}
    {%- set is_origin = name in ['utm_source', 'utm_medium'] %},
    {{ 'lower' if is_origin }}(coalesce(
        {%- for value in sent.get(name, []) + [url_parameter('query_string', [name])] + kept.get(name, []) %}
        {{ campaign_value(value, is_origin) }}{{ "," if not loop.last }}
        {%- endfor %}
    )) as {{ name }}
    {%- endfor %}
{%- endmacro %}
