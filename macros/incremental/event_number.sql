{% macro event_number() -%}
    {#- Rows of a relation have no place in it, so they are told apart by what they say; rows that say the same are counted. -#}
    {%- set content = row_content(canonical_columns() | reject('in', ['raw_file', 'raw_row_number']) | list) -%}
    {%- set by_content = hash_64(
        ['source_name', 'raw_file', content, 'row_number() over (partition by source_name, raw_file, ' ~ content ~ ')']
    ) -%}
    {{ return(adapter.dispatch('event_number', 'identity_graph')(by_content)) }}
{%- endmacro %}

{% macro duckdb__event_number(by_content) -%}
    {%- set by_place = hash_64(['raw_file']) ~ ' + raw_row_number' -%}
    {{ 'coalesce(' ~ by_place ~ ', ' ~ by_content ~ ')' if var('generic_events_relation') else by_place }}
{%- endmacro %}

{% macro bigquery__event_number(by_content) -%}
    {{ by_content }}
{%- endmacro %}
