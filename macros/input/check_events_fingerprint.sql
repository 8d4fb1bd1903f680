{% macro check_events_fingerprint() -%}
    {#- Before a run as far as it is known, and within int_events_received, once seeds are loaded, by their rows and all else. -#}
    {% set loads, tombstones = relation_named('event_loads'), relation_named('int_erasure_requests') %}
    {% set stored = run_query(
        'select events_fingerprint from ' ~ loads ~ ' where events_fingerprint is not null order by load_number desc limit 1'
    ).rows if load_relation(loads) is not none else [] %}
    {% set before = stored[0][0].split('; ') if stored else [] %}
    {% set parts = events_fingerprint(with_rows=model.name == 'int_events_received') if stored else [] %}
    {% set edited, changed = [], [] %}
    {% for part in parts if part not in before %}
        {% set name = part.split('=')[0] %}
        {#- Of a source that is switched on now, no event was judged yet. -#}
        {% if not name.startswith('source ') or '; ' ~ name ~ '=' in '; ' ~ stored[0][0] %}
            {% do (edited if name.endswith('.csv') else changed).append(name) %}
        {% endif %}
    {% endfor %}
    {% set again = ' since the stored events were loaded, so these have to be judged again: run dbt build --full-refresh.' %}
    {% if 'token_secret' in changed and load_relation(tombstones) is not none and run_query('select 1 from ' ~ tombstones ~ ' limit 1').rows %}
        {{ refuse('The token secret is another than before, by which erased persons are known who would come back: set the old one again.') }}
    {% elif 'token_secret' in changed and not flags.FULL_REFRESH %}
        {{ refuse(
            'The token secret is another than before, so the same ip or phone would be another key: set the old one again, or run'
            ~ ' dbt build --full-refresh.'
        ) }}
    {#- Of a seed its rows count once they are loaded, not how its file is written. -#}
    {% elif edited and not flags.FULL_REFRESH and model.name != 'int_events_received' %}
        {{ refuse(edited | join(', ') ~ (' was' if edited | length == 1 else ' were') ~ ' edited' ~ again) }}
    {% elif changed and not flags.FULL_REFRESH %}
        {{ refuse(changed | join(', ') ~ ' changed' ~ again) }}
    {% endif %}
{%- endmacro %}
