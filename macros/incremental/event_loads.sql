{% macro event_loads() -%}
    {{ return(relation_named('int_events_received').incorporate(path={'identifier': 'event_loads'}, type='table')) }}
{%- endmacro %}
