{% macro note_events_fingerprint() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY -%}
    update {{ event_loads() }} set events_fingerprint = '{{ events_fingerprint() }}' where invocation_id = '{{ invocation_id }}'
    {%- endif -%}
{%- endmacro %}
