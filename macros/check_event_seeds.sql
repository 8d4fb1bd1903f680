{% macro check_event_seeds(left_alone) -%}
    {% if not flags.FULL_REFRESH and load_relation(event_loads()) is not none %}
        {% set stored = run_query(
            'select events_fingerprint from ' ~ event_loads()
            ~ ' where events_fingerprint is not null order by load_number desc limit 1'
        ).rows %}
        {% set stored_parts = stored[0][0].split('; ') if stored else [] %}
        {% set stored_names = [] %}
        {% for part in stored_parts %}
            {% do stored_names.append(part.split('=')[0]) %}
        {% endfor %}
        {% set edited = [] %}
        {% for part in event_seed_files() if part not in stored_parts and part.split('=')[0] in stored_names %}
            {% do edited.append(part.split('=')[0]) %}
        {% endfor %}
        {% if edited %}
            {{ exceptions.raise_compiler_error(
                edited | join(', ') ~ (' was' if edited | length == 1 else ' were')
                ~ ' edited since the stored events were loaded, so these have to be judged again: run dbt build --full-refresh.' ~ left_alone
            ) }}
        {% endif %}
    {% endif %}
{%- endmacro %}
