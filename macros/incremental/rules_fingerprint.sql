{% macro rules_fingerprint() -%}
    {#-
        Three hashes with spaces between: of the code and the vars, of the seeds by which tables go on from the run before, and of the
        overrides, which are followed row by row. Thresholds are left out: only tables that each run makes anew read them.
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
    {% set overrides = [] %}
    {% for seed in seeds if seed.split('.')[-1] not in ['health_thresholds', 'alert_acknowledgements'] %}
        {% set checksum = graph.nodes[seed].checksum %}
        {% if seed.split('.')[-1] == 'identity_overrides' %}
            {#- Of a seed above a megabyte dbt hashes the path only. -#}
            {% do overrides.append(checksum.checksum if checksum.name != 'path' else invocation_id) %}
        {% else %}
            {% do rows.append(seed ~ ':' ~ checksum.checksum) %}
        {% endif %}
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
    {% set hashes = [] %}
    {% for parts in [code, rows, overrides] %}
        {% do hashes.append(local_md5(parts | sort | join('|'))) %}
    {% endfor %}
    {{ return(hashes | join(' ')) }}
{%- endmacro %}
