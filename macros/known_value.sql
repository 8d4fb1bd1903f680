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
    {#- DuckDB makes a join of a long `in` or list_contains, once for each column. -#}
    case when coalesce(list_position([{{ ignored }}], lower({{ value }})), 0) = 0 then {{ value }} end
{%- endmacro %}
