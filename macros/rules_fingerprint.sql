{% macro rules_fingerprint() -%}
    {#-
        Two hashes with a space between: of the code and the vars, and of the seeds. Overrides are left out: they are followed row by
        row. So are thresholds: only tables that each run makes anew read them.
    -#}
    {% set code = [] %}
    {% set seeds = [] %}
    {% for node in graph.nodes.values() if node.package_name == project_name %}
        {% if node.resource_type == 'model' %}
            {% do code.append(node.name ~ ':' ~ node.checksum.checksum) %}
        {% elif node.resource_type == 'seed' and node.name not in ['identity_overrides', 'health_thresholds'] %}
            {% do seeds.append(node.name ~ ':' ~ node.checksum.checksum) %}
        {% endif %}
    {% endfor %}
    {% for name, generator in context[project_name].items() if not name.startswith('test_') %}
        {% do code.append(name ~ ':' ~ generator.macro.macro_sql) %}
    {% endfor %}
    {% for name in [
        'session_timeout_minutes', 'attribution_window_days', 'activation_min_confidence', 'component_cap_percentile',
        'component_cap_floor', 'enable_probabilistic', 'consent_withdrawal_retracts'
    ] %}
        {% do code.append(name ~ ':' ~ var(name)) %}
    {% endfor %}
    {{ return(local_md5(code | sort | join('|')) ~ ' ' ~ local_md5(seeds | sort | join('|'))) }}
{%- endmacro %}
