{% macro retention_cutoff(layers, periods=none) -%}
    {#- The first day that all of the layers still hold, as SQL; none where they hold all. -#}
    {% set days = stored_rows(periods or ref('retention_periods'), 'min(days)', "where layer in ('" ~ layers | join("', '") ~ "')") %}
    {% if days and days[0][0] is not none %}
        {% set clock = modules.datetime.datetime.fromisoformat(var('as_of') | string) if var('as_of') else run_started_at %}
        {% set first_day = (clock - modules.datetime.timedelta(days=days[0][0] | int)).strftime('%Y-%m-%d') %}
        {{ return("cast('" ~ first_day ~ "' as " ~ dbt.type_timestamp() ~ ')') }}
    {% endif %}
    {{ return(none) }}
{%- endmacro %}
