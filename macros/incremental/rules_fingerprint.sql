{% macro rules_fingerprint() -%}
    {#-
        Two hashes with a space between: of the code and the vars, and of the seeds. Overrides are left out: they are followed row by
        row. So are thresholds: only tables that each run makes anew read them.
    -#}
    {% set code = [] %}
    {% set seeds = [] %}
    {% for node in graph.nodes.values() if node.package_name == 'identity_graph' and node.resource_type == 'model' %}
        {% do code.append(node.name ~ ':' ~ node.checksum.checksum) %}
        {#- By reference, because a project may replace a seed by its own. -#}
        {% for parent in node.depends_on.nodes if parent.startswith('seed.') and parent not in seeds %}
            {% do seeds.append(parent) %}
        {% endfor %}
    {% endfor %}
    {% set rows = [] %}
    {% for seed in seeds if seed.split('.')[-1] not in ['identity_overrides', 'health_thresholds', 'alert_acknowledgements'] %}
        {% do rows.append(seed ~ ':' ~ graph.nodes[seed].checksum.checksum) %}
    {% endfor %}
    {% for name, generator in context['identity_graph'].items() if not name.startswith('test_') %}
        {% do code.append(name ~ ':' ~ generator.macro.macro_sql) %}
    {% endfor %}
    {% for name in [
        'session_timeout_minutes', 'attribution_window_days', 'activation_min_confidence', 'component_cap_percentile',
        'component_cap_floor', 'enable_probabilistic', 'consent_withdrawal_retracts'
    ] %}
        {% do code.append(name ~ ':' ~ var(name)) %}
    {% endfor %}
    {{ return(local_md5(code | sort | join('|')) ~ ' ' ~ local_md5(rows | sort | join('|'))) }}
{%- endmacro %}
