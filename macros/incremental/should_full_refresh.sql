{% macro should_full_refresh() -%}
    {#- Replaces dbt's own: a table that the last run did not leave complete, or that other rules made, is made again. -#}
    {% set asked = config.get('full_refresh') %}
    {% if asked is none %}
        {% set asked = flags.FULL_REFRESH %}
    {% endif %}
    {% set keeps_rows = config.get('meta', {}).get('holds_raw_events', false) %}
    {{ return(config.get('full_refresh') is not false and (asked or (model.resource_type == 'model' and not keeps_rows and last_complete_load() == 0))) }}
{%- endmacro %}
