{% macro check_events_fingerprint() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and is_incremental() -%}
        {% set present_parts = events_fingerprint().split('; ') %}
        {% set stored_parts = stored_events_fingerprint() or present_parts %}
        {% set stored_names = [] %}
        {% for part in stored_parts %}
            {% do stored_names.append(part.split('=')[0]) %}
        {% endfor %}
        {% set changed = [] %}
        {% for part in present_parts if part not in stored_parts %}
            {% set name = part.split('=')[0] %}
            {#- Of a source that is switched on now, no event was judged yet; of a seed its rows count here, not how its file is written. -#}
            {% if (name in stored_names or not name.startswith('source ')) and not name.endswith('.csv') %}
                {% do changed.append(name) %}
            {% endif %}
        {% endfor %}
        {% if changed %}
            {{ exceptions.raise_compiler_error(
                changed | join(', ') ~ ' changed since the stored events were loaded, so these have to be judged again: '
                ~ 'run dbt build --full-refresh.'
            ) }}
        {% endif %}
    {%- endif -%}
{%- endmacro %}
