{% macro has_news() -%}
    {#- Whether this run changes what is made of visitors, overrides and rules. A run that does not know makes it anew. -#}
    {% set loads = stored_rows(
        relation_named('event_loads'), 'invocation_id, is_complete, rules_fingerprint, overrides_fingerprint', 'order by load_number desc limit 2'
    ) %}
    {% set goes_on = loads | length == 2 and loads[0][0] == invocation_id and loads[1][1] and loads[0][2] == loads[1][2]
        and loads[0][3] == loads[1][3] and not flags.FULL_REFRESH %}
    {{ return(not goes_on or may_hold_rows(relation_named('int_changed_visitors'))) }}
{%- endmacro %}
