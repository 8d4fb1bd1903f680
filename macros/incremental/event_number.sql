{% macro event_number() -%}
    {#- Rows of a table have no place in it, so they are told apart by what they say; rows that say the same are counted. -#}
    {%- set columns = canonical_columns() | reject('in', ['raw_file', 'raw_row_number']) | join(', ') -%}
    {%- set content = 'hash(' ~ columns ~ ')' if target.type == 'duckdb' else 'farm_fingerprint(to_json_string(struct(' ~ columns ~ ')))' -%}
    {%- set by_content = hash_64(
        ['source_name', 'raw_file', content, 'row_number() over (partition by source_name, raw_file, ' ~ content ~ ')']
    ) -%}
    {%- set by_place = hash_64(['raw_file']) ~ ' + raw_row_number' -%}
    {{ by_content if target.type != 'duckdb' else 'coalesce(' ~ by_place ~ ', ' ~ by_content ~ ')' if var('generic_events_relation') else by_place }}
{%- endmacro %}
