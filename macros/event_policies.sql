{% macro event_policies() -%}
    {{ return(['unregistered_events', 'unregistered_versions', 'retired_events']) }}
{%- endmacro %}
