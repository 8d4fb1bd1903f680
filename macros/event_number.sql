{% macro event_number() -%}
    {{ return(adapter.dispatch('event_number', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__event_number() -%}
    {{ hash_64(['raw_file']) }} + raw_row_number
{%- endmacro %}

{% macro bigquery__event_number() -%}
    {#- A table has no order, so the rows of a partition are told apart by what they say; copies are counted. -#}
    {{ hash_64(['source_name', 'raw_file', 'event_id', 'row_number() over (partition by source_name, raw_file, event_id)']) }}
{%- endmacro %}
