{% macro event_number() -%}
    {#- Rows of a table have no place in it, so they are told apart by what they say; rows that say the same are counted. -#}
    {%- set columns = canonical_columns() | reject('in', ['raw_file', 'raw_row_number']) | join(', ') -%}
    {%- set content = adapter.dispatch('row_content', 'identity_graph')(columns) -%}
    {%- set by_content = hash_64(
        ['source_name', 'raw_file', content, 'row_number() over (partition by source_name, raw_file, ' ~ content ~ ')']
    ) -%}
    {%- set by_place = hash_64(['raw_file']) ~ ' + raw_row_number' -%}
    {%- if target.type == 'duckdb' -%}
    {{ 'coalesce(' ~ by_place ~ ', ' ~ by_content ~ ')' if var('generic_events_relation') else by_place }}
    {%- else -%}
    {{ by_content }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__row_content(columns) -%}
    hash({{ columns }})
{%- endmacro %}

{% macro bigquery__row_content(columns) -%}
    farm_fingerprint(to_json_string(struct({{ columns }})))
{%- endmacro %}
