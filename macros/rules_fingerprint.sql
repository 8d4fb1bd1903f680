{% macro rules_fingerprint() -%}
    {#- Overrides are left out: they are followed row by row. So are thresholds: only tables that each run makes anew read them. -#}
    {% set parts = [] %}
    {% for node in graph.nodes.values() if node.package_name == project_name and node.resource_type in ['model', 'seed'] %}
        {% if node.name not in ['identity_overrides', 'health_thresholds'] %}
            {% do parts.append(node.name ~ ':' ~ node.checksum.checksum) %}
        {% endif %}
    {% endfor %}
    {% for name in [
        'session_timeout_minutes', 'attribution_window_days', 'activation_min_confidence', 'component_cap_percentile',
        'component_cap_floor', 'enable_probabilistic', 'consent_withdrawal_retracts'
    ] %}
        {% do parts.append(name ~ ':' ~ var(name)) %}
    {% endfor %}
    {{ return(local_md5(parts | sort | join('|'))) }}
{%- endmacro %}
