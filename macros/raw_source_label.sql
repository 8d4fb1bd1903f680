{% macro raw_source_label(source_name) -%}
    {{ return('IDENTITY_EVENTS' if source_name == 'generic' and target.type == 'duckdb' else 'Source ' ~ source_name) }}
{%- endmacro %}
