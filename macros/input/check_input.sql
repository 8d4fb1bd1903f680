{% macro check_input() -%}
    {{ check_vars() if execute }} {{ check_seeds() if execute and flags.WHICH in ['build', 'seed'] and target.type == 'duckdb' }}
    {{ check_connection() if execute and flags.WHICH in ['build', 'run'] and target.type == 'duckdb'
        and 'model.identity_graph.' in selected_resources | join(' ') }}
    {#- With --empty, or without the model that reads them, no raw events are read, so there is nothing to check. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY and 'model.identity_graph.int_events_received' in selected_resources -%}
        {{ check_project() }} {{ check_erasure_requests() }} {{ check_raw_tables() }} {{ check_stored_events() }} {{ check_clock() if model.name != 'int_events_received' }}
        {{ check_events_fingerprint() if model.name != 'int_events_received' }} {{ name_unread_tables() }}
    {%- endif -%}
{%- endmacro %}

{% macro check_events_fingerprint() -%}
    {#- Before a run as far as it is known, and within int_events_received, once seeds are loaded, by their rows and all else. -#}
    {% set loads, tombstones, is_seeded = relation_named('event_loads'), relation_named('int_erasure_requests'), model.name == 'int_events_received' %}
    {% set stored = stored_rows(loads, 'events_fingerprint', 'where events_fingerprint is not null order by load_number desc limit 1') %}
    {% set before, edited, changed = (stored or [['']])[0][0].split('; '), [], [] %}
    {% for part in (events_fingerprint(with_rows=is_seeded) if stored else []) if part not in before %}
        {% set name = part.split('=')[0] %}
        {#- Of a source that is switched on now, no event was judged yet. Of a seed its rows count once they are loaded, not how its file is written. -#}
        {% if not name.startswith('source ') or '; ' ~ name.split(' with ')[0] ~ '=' in '; ' ~ stored[0][0] %}
            {% do (edited if name.endswith('.csv') else changed).append(name) %}
        {% endif %}
    {% endfor %}
    {% set again = ' since the stored events were loaded, so these have to be judged again: ' %}
    {% set fault = 'The token secret is another than before, by which erased persons are known who would come back: set the old one again.'
            if 'token_secret' in changed and stored_rows(tombstones, '1', 'limit 1')
        else none if flags.FULL_REFRESH
        else 'The token secret is another than before, so the same ip or phone would be another key: set the old one again, or '
            ~ run_full_refresh() if 'token_secret' in changed
        else edited | join(', ') ~ (' was' if edited | length == 1 else ' were') ~ ' edited' ~ again ~ run_full_refresh() if edited and not is_seeded
        else changed | join(', ') ~ ' changed' ~ again ~ run_full_refresh() if changed %}
    {{ refuse(fault) if fault }}
{%- endmacro %}

{% macro refuse(message) -%}
    {{ exceptions.raise_compiler_error(
        message ~ (' Nothing was built; the database is as it was.' if not execute or model.resource_type != 'model'
            else ' No event was taken.' if model.name == 'int_events_received')
    ) }}
{%- endmacro %}
