{% macro url_query(url) -%}
    {#- Most addresses carry no parameter and need not be looked through. -#}
    case when {{ url }} like '%=%' then {{ url }} end
{%- endmacro %}
