{% macro current_load() -%}
    {% set loads = last_loads() %}
    {{ return(loads[0].load_number | int if loads else 1) }}
{%- endmacro %}

{% macro last_complete_load() -%}
    {% set loads = last_loads() if not flags.FULL_REFRESH else [] %}
    {#- The row of this run, once there is one, holds its fingerprint: to hash all models again for each table takes a second. -#}
    {% set is_begun = loads and loads[0].invocation_id == invocation_id %}
    {% set before = loads[1:] if is_begun else loads[:1] %}
    {% set goes_on = before and before[0].is_complete
        and before[0].rules_fingerprint == (loads[0].rules_fingerprint if is_begun else rules_fingerprint()) %}
    {#- While dbt parses, any load will do, so that it sees every reference. -#}
    {{ return(1 if not execute else before[0].load_number | int if goes_on else 0) }}
{%- endmacro %}

{% macro last_loads() -%}
    {#- The newest two, read once a run, as soon as it has its own row: from then on nothing changes them but the end of the run. -#}
    {% set loads = noted_in_this_run('loads') or [] %}
    {% for row in (stored_rows(relation_named('event_loads'), '*', 'order by load_number desc limit 2') if execute and not loads else []) %}
        {% do loads.append(row.dict()) %}
    {% endfor %}
    {{ return(noted_in_this_run('loads', loads) if loads and loads[0].invocation_id == invocation_id else loads) }}
{%- endmacro %}

{% macro rules_fingerprint() -%}
    {#- Of the code and the vars, and of the seeds, with a space between. Not of overrides, which are followed row by row, nor of thresholds,
        which only tables read that each run makes anew, nor of marts that are made only where they are asked for, nor of destinations, of
        which events_fingerprint has what staging reads. Seeds by reference, because a project may replace one by its own. -#}
    {% set code, seeds, followed = [], [], ['identity_overrides', 'health_thresholds', 'alert_acknowledgements', 'destinations'] %}
    {% for node in graph.nodes.values() if node.package_name == 'identity_graph' and node.resource_type == 'model'
        and not node.config.meta.get('is_optional') %}
        {% do code.append(node.name ~ ':' ~ node.checksum.checksum) %}
        {% for parent in node.depends_on.nodes if parent.startswith('seed.') and parent.split('.')[-1] not in followed %}
            {% do seeds.append(parent ~ ':' ~ graph.nodes[parent].checksum.checksum) %}
        {% endfor %}
    {% endfor %}
    {% for name, generator in context['identity_graph'].items() if not name.startswith('test_') %}
        {% do code.append(name ~ ':' ~ generator.macro.macro_sql) %}
    {% endfor %}
    {% for name in ['session_timeout_minutes', 'activation_min_confidence', 'component_cap_percentile',
        'component_cap_floor', 'enable_probabilistic', 'consent_withdrawal_retracts', 'statistics_period_days', 'watermark_minutes'] %}
        {% do code.append(name ~ ':' ~ var(name)) %}
    {% endfor %}
    {{ return(local_md5(code | sort | join('|')) ~ ' ' ~ local_md5(seeds | unique | sort | join('|'))) }}
{%- endmacro %}
