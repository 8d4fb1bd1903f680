{% macro has_removed_events() -%}
    {#- Asked when the SQL is written, because a warehouse would read all events to find out that there are none. -#}
    {% set found = [1] %}
    {% if execute and load_relation(ref('int_removed_events')) is not none %}
        {% set found = run_query('select 1 from ' ~ ref('int_removed_events') ~ ' limit 1').rows %}
    {% endif %}
    {{ return(found | length > 0) }}
{%- endmacro %}
