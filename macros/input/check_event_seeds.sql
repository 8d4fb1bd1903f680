{% macro check_event_seeds(left_alone) -%}
    {% if not flags.FULL_REFRESH %}
        {% set stored_parts = stored_events_fingerprint() %}
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
