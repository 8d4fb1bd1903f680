{% macro known_value(value, ignored) -%}
    {#- A placeholder that everybody sends would join everybody. -#}
    {%- if ignored -%}
        {{ return(adapter.dispatch('known_value', 'identity_graph')(value, "'" ~ ignored | join("', '") ~ "'")) }}
    {%- else -%}
        {{ value }}
    {%- endif -%}
{%- endmacro %}

{% macro default__known_value(value, ignored) -%}
    case when lower({{ value }}) not in ({{ ignored }}) then {{ value }} end
{%- endmacro %}

{% macro duckdb__known_value(value, ignored) -%}
    {#- A long `in` would become a join, once a column. -#}
    case when not list_contains([{{ ignored }}], lower({{ value }})) then {{ value }} end
{%- endmacro %}
