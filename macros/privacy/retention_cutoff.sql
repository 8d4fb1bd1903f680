{% macro retention_cutoff(layers, periods=none) -%}
    {#- The first day that all of the layers still hold, as SQL; none where they hold all. -#}
    {% set periods = periods or ref('retention_periods') %}
    {% if execute and load_relation(periods) is not none %}
        {% set days = run_query(
            'select min(days) from ' ~ periods ~ " where layer in ('" ~ layers | join("', '") ~ "') having min(days) is not null"
        ).rows %}
        {% if days %}
            {% set clock = modules.datetime.datetime.fromisoformat(var('as_of') | string) if var('as_of') else run_started_at %}
            {% set first_day = (clock - modules.datetime.timedelta(days=days[0][0] | int)).strftime('%Y-%m-%d') %}
            {{ return("cast('" ~ first_day ~ "' as " ~ dbt.type_timestamp() ~ ')') }}
        {% endif %}
    {% endif %}
    {{ return(none) }}
{%- endmacro %}
