{% macro url_click_id(query_string, is_name=false) -%}
    {#- A paid click goes before others. A template that one network left as it was hides no other network's click. -#}
    {%- set parameters = click_id_parameters() -%}
    {%- set unfilled = 'undefined|null|none|nan|[$]?[{][^&#?]*|%7b[^&#?]*|[(][^&#?]*[)]' -%}
    {%- set filled = regexp_replaced(
        query_string, '(?i)\\b(?:' ~ parameters | map(attribute='name') | join('|') ~ ')=(?:' ~ unfilled ~ ')(?:[&#?]|$)'
    ) -%}
    {%- set found = [] -%}
    {%- for is_paid in [true, false] -%}
        {%- set names = parameters | selectattr('is_paid', 'eq', is_paid) | map(attribute='name') | list -%}
        {%- set name = regexp_group(filled, '(?i)[?&#](?:amp;)*(' ~ names | join('|') ~ ')=[^&#?]') -%}
        {%- do found.append("nullif(" ~ name ~ ", '')" if is_name else url_parameter(filled, names)) -%}
    {%- endfor -%}
    {{ 'lower' if is_name }}(coalesce({{ found | join(', ') }}))
{%- endmacro %}
