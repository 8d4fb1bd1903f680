{% macro raw_source_label(source_name) -%}
    {%- if source_name == 'generic' and var('generic_events_relation') -%}
        {{ return('var generic_events_relation (' ~ var('generic_events_relation') ~ ')') }}
    {%- endif -%}
    {{ return('IDENTITY_EVENTS' if source_name == 'generic' and target.type == 'duckdb' else 'Source ' ~ source_name) }}
{%- endmacro %}
