{% macro check_events_fingerprint() -%}
    {#- Before a run as far as it is known, and within int_events_received, once seeds are loaded, by their rows and all else. -#}
    {% set changed = judged_otherwise(events_fingerprint(with_rows=model.name == 'int_events_received')) %}
    {% set tombstones = relation_named('int_erasure_requests') %}
    {% set edited = [] %}
    {% for name in changed if name.endswith('.csv') %}
        {% do edited.append(name) %}
    {% endfor %}
    {% set others = changed | reject('in', edited + ['token_secret']) | list %}
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
    {% elif others and not flags.FULL_REFRESH %}
        {{ refuse(others | join(', ') ~ ' changed' ~ again) }}
    {% endif %}
{%- endmacro %}
