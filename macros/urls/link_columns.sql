{% macro link_columns(ignored, sent='', kept='') -%}
    {#- What was sent for a campaign goes before the address, and that before what the tracker keeps. Sources and mediums are compared. -#}
    lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
    {{ known_value(url_click_id('query_string'), ignored) }} as url_click_id,
    {{ url_click_id('query_string', is_name=true) }} as url_click_id_type
    {%- for word in ['source', 'medium', 'campaign', 'content', 'term'] %}
    {%- set is_origin = word in ['source', 'medium'] %},
    {{ 'lower' if is_origin }}(coalesce(
        {%- for value in [sent | replace('{}', word), url_parameter('query_string', ['utm_' ~ word]), kept | replace('{}', word)] if value %}
        {{ campaign_value(value, is_origin) }}{{ "," if not loop.last }}
        {%- endfor %}
    )) as utm_{{ word }}
    {%- endfor %}
{%- endmacro %}

{% macro campaign_value(value, is_origin=false) -%}
    {#- What stands for "no campaign": a word in brackets, a missing value as text, a template that nobody filled in. -#}
    {%- set placeholders = '[(].*[)]|[$]?[{]+[^{}]*[}]+|\\[.*\\]|%+[^%]+%+|[*][|].*[|][*]|__\\w+__|null|undefined|none|nil|nan|n/?a|not[ _-]?set|not[ _-]?provided|unknown|-+' -%}
    nullif(trim({{ regexp_replaced(
        trimmed(value), '(?i)^(?:' ~ placeholders ~ ('|[$]?direct' if is_origin else '') ~ ')$'
    ) }}), '')
{%- endmacro %}

{% macro url_click_id(query_string, is_name=false) -%}
    {#- A paid click goes before others. A template that one network left as it was hides no other network's click. -#}
    {%- set parameters = click_id_parameters() -%}
    {%- set unfilled = 'undefined|null|none|nan|[$]?[{][^&#?]*|%7b[^&#?]*|[(][^&#?]*[)]' -%}
    {%- set filled = regexp_replaced(
        query_string, '(?i)\\b(?:' ~ parameters | map(attribute='name') | join('|') ~ ')=(?:' ~ unfilled ~ ')(?:[&#?]|$)'
    ) -%}
    {%- set found = [] -%}
    {%- for is_paid_click in [true, false] -%}
        {%- set names = parameters | selectattr('is_paid_click', 'eq', is_paid_click) | map(attribute='name') | list -%}
        {%- set name = regexp_group(filled, '(?i)[?&#](?:amp;)*(' ~ names | join('|') ~ ')=[^&#?]') -%}
        {%- do found.append("nullif(" ~ name ~ ", '')" if is_name else url_parameter(filled, names)) -%}
    {%- endfor -%}
    {{ 'lower' if is_name }}(coalesce({{ found | join(', ') }}))
{%- endmacro %}

{% macro click_id_type_of(click_id, click_id_type, is_sent=true) -%}
    {#- Of a click id without a name, how it begins tells some networks. A name that was sent may be no parameter's name. -#}
    case
        when {{ click_id }} is null then null
        when {{ regexp_matches(click_id_type, "'^[a-z][a-z0-9_-]*$'") }} then {{ click_id_type }}
        {%- for parameter in (click_id_parameters() if is_sent else []) if parameter.value_pattern %}
        when {{ regexp_matches(click_id, sql_text(parameter.value_pattern, is_pattern=true)) }} then {{ sql_text(parameter.name | lower) }}
        {%- endfor %}
    end
{%- endmacro %}
