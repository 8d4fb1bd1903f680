{% macro row_identity() -%}
    {#- DuckDB numbers the rows of a table itself; a window that did so would cost as much as the rest of the model. -#}
    {{ return(adapter.dispatch('row_identity', 'identity_graph')()) }}
{%- endmacro %}

{% macro default__row_identity() -%}
    stored_row_number
{%- endmacro %}

{% macro duckdb__row_identity() -%}
    {#- With --empty the table is wrapped in a query, which has no rows to number. -#}
    {{ 'cast(null as bigint)' if flags.EMPTY else 'rowid' }}
{%- endmacro %}
