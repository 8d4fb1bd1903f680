{% macro event_policies() -%}
    {%- set of_events = ['accept', 'reject'] -%}
    {{ return({
        'unregistered_events': of_events,
        'unregistered_versions': of_events,
        'retired_events': of_events,
        'properties_policy': ['scrub', 'taxonomy']
    }) }}
{%- endmacro %}
