{% macro stored_events_fingerprint() -%}
    {#- The parts of events_fingerprint that the last run noted which took events; empty where none did. -#}
    {% set stored = run_query(
        'select events_fingerprint from ' ~ event_loads() ~ ' where events_fingerprint is not null order by load_number desc limit 1'
    ).rows if load_relation(event_loads()) is not none else [] %}
    {{ return(stored[0][0].split('; ') if stored else []) }}
{%- endmacro %}
