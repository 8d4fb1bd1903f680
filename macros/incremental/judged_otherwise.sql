{% macro judged_otherwise(parts) -%}
    {#- Names of those parts of events_fingerprint by which the stored events were not judged; none where there are no events. -#}
    {% set loads = relation_named('event_loads') %}
    {% set stored = run_query(
        'select events_fingerprint from ' ~ loads ~ ' where events_fingerprint is not null order by load_number desc limit 1'
    ).rows if load_relation(loads) is not none else [] %}
    {% set names = [] %}
    {% for part in (parts if stored else []) if part not in stored[0][0].split('; ') %}
        {% set name = part.split('=')[0] %}
        {#- Of a source that is switched on now, no event was judged yet. -#}
        {% do names.append(name) if not name.startswith('source ') or '; ' ~ name ~ '=' in '; ' ~ stored[0][0] %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}
