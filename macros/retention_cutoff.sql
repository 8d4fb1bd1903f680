{% macro retention_cutoff(layer, periods=none) -%}
    {#- The first day that a layer still holds, as SQL; none where it holds all. -#}
    {% set periods = periods or ref('retention_periods') %}
    {% if execute and load_relation(periods) is not none %}
        {% set days = run_query('select days from ' ~ periods ~ " where layer = '" ~ layer ~ "' and days is not null").rows %}
        {% if days %}
            {% set clock = modules.datetime.datetime.fromisoformat(var('as_of') | string) if var('as_of') else run_started_at %}
            {{ return("cast('" ~ (clock - modules.datetime.timedelta(days=days[0][0] | int)).strftime('%Y-%m-%d') ~ "' as date)") }}
        {% endif %}
    {% endif %}
    {{ return(none) }}
{%- endmacro %}
