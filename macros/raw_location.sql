{% macro raw_location() -%}
    {{ return((env_var('IDENTITY_EVENTS', '') or 'seeds/demo/events.parquet') if target.type == 'duckdb' else source('generic', 'events') | string | replace('`', '')) }}
{%- endmacro %}
