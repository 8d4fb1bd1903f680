{% macro event_table(source_name, name) -%}
    {#- The table of an event, by its name: all are read as the one that has an entry in the source's YAML. -#}
    {% set listed = source(source_name, 'order_completed') %}
    {{ return(listed if name == 'order_completed' else adapter.dispatch('event_table', 'identity_graph')(listed, source_name, name)) }}
{%- endmacro %}

{% macro duckdb__event_table(listed, source_name, name) -%}
    {{ return(listed | string | replace('/' ~ source_name ~ '/order_completed/', '/' ~ source_name ~ '/' ~ name ~ '/')) }}
{%- endmacro %}

{% macro bigquery__event_table(listed, source_name, name) -%}
    {{ return(listed.incorporate(path={'identifier': name})) }}
{%- endmacro %}
