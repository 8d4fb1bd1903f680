{% macro check_selection() -%}
    {#- Tables that go on from the run before are exact only if this run makes all that they are made from, too. -#}
    {% set needed = [] %}
    {% set staying = [] %}
    {% set seeds = [] %}
    {% for node in graph.nodes.values() if node.package_name == 'identity_graph' and node.unique_id in selected_resources %}
        {% if node.resource_type == 'model' and node.config.materialized == 'incremental' %}
            {% do needed.append(node) %}
        {% elif node.resource_type == 'model' and node.config.materialized == 'table_if_changed' %}
            {% do staying.append(node) %}
        {% elif node.resource_type == 'seed' %}
            {% do seeds.append(node) %}
        {% endif %}
    {% endfor %}
    {#- The list grows while it is read, until it holds every ancestor. -#}
    {% set seen = needed | map(attribute='unique_id') | list %}
    {% for node in needed %}
        {% for parent in node.depends_on.nodes if parent.startswith('model.identity_graph.') and parent not in seen %}
            {% if parent not in selected_resources %}
                {{ exceptions.raise_compiler_error(
                    node.name ~ ' is only made together with all that it is made from, because tables go on from the run before ('
                    ~ parent.split('.')[-1] ~ ' is left out): select +' ~ node.name ~ ', or run everything.'
                ) }}
            {% endif %}
            {% do seen.append(parent) %}
            {% do needed.append(graph.nodes[parent]) %}
        {% endfor %}
    {% endfor %}

    {% set loads = run_query(
        'select is_complete, rules_fingerprint from ' ~ relation_named('event_loads') ~ ' order by load_number desc limit 1'
    ).rows if load_relation(relation_named('event_loads')) is not none else [] %}
    {% if loads and not selected_resources and not loads[0][0] %}
        {{ exceptions.raise_compiler_error(
            'dbt retry cannot go on from a run that broke off, because the tables that tell what was new would not be made again.'
            ~ ' Repeat the run itself.'
        ) }}
    {% endif %}
    {% if loads and (needed or staying) and flags.EMPTY and not flags.FULL_REFRESH %}
        {{ exceptions.raise_compiler_error(
            '--empty would take rows out of a database that holds events: give it a database of its own.'
        ) }}
    {% endif %}
    {% if loads and needed %}
        {% if not seeds and loads[0][1].split(' ')[-1] != rules_fingerprint().split(' ')[-1] %}
            {{ exceptions.raise_compiler_error(
                'Seeds changed since the last run, and this one does not load them: run dbt build'
                ~ ' (without tests: dbt build --exclude-resource-type test unit_test).'
            ) }}
        {% endif %}
        {% set goes_on = last_complete_load() > 0 %}
        {% for node in needed if goes_on and node.config.materialized == 'incremental' and load_relation(relation_named(node.name)) is none %}
            {{ exceptions.raise_compiler_error(
                node.name ~ ' is gone, which this run would go on from: run dbt build --full-refresh.'
            ) }}
        {% endfor %}
    {% endif %}
{%- endmacro %}
