{% macro has_recounted_visitors(visitors) -%}
    {{ return(adapter.dispatch('has_recounted_visitors', 'identity_graph')(visitors)) }}
{%- endmacro %}

{% macro duckdb__has_recounted_visitors(visitors) -%}
    {{ return(true) }}
{%- endmacro %}

{% macro bigquery__has_recounted_visitors(visitors) -%}
    {#- BigQuery would read the whole history to find out that there are none. -#}
    {% set found = [1] %}
    {% if execute and load_relation(visitors) is not none %}
        {% set found = run_query('select 1 from ' ~ visitors ~ ' where is_recounted limit 1').rows %}
    {% endif %}
    {{ return(found | length > 0) }}
{%- endmacro %}
