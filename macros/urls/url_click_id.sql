{% macro url_click_id(query_string) -%}
    coalesce(
        {{ url_parameter(filled_click_ids(query_string), click_id_names(is_paid=true)) }},
        {{ url_parameter(filled_click_ids(query_string), click_id_names(is_paid=false)) }}
    )
{%- endmacro %}

{% macro filled_click_ids(query_string) -%}
    {#- A template that one network left as it was hides no other network's click. -#}
    {%- set unfilled = 'undefined|null|none|nan|[$]?[{][^&#?]*|%7b[^&#?]*|[(][^&#?]*[)]' -%}
    {{ return(regexp_replaced(
        query_string, '(?i)\\b(?:' ~ click_id_names() | join('|') ~ ')=(?:' ~ unfilled ~ ')(?:[&#?]|$)'
    )) }}
{%- endmacro %}
