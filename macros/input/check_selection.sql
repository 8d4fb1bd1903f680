{% macro check_selection(chosen) -%}
    {{ check_configs(chosen) }}
    {% set loads = last_loads() %}
    {% set needed = made_together(chosen, loads or invocation_args_dict.defer) %}
    {% set is_partial = needed or chosen | selectattr('config.materialized', 'eq', 'table_if_changed') | list %}
    {{ refuse(
        'dbt retry cannot go on from a run that broke off, because the tables that tell what was new would not be made again. Repeat the run itself.'
    ) if loads and not selected_resources and not loads[0].is_complete }}
    {{ refuse('--empty would take rows out of a database that holds events: give it a database of its own.')
        if loads and flags.EMPTY and chosen | selectattr('resource_type', 'in', ['model', 'snapshot']) | rejectattr('config.materialized', 'eq', 'view') | list }}
    {{ refuse('--sample would leave out events for good, because a run takes up only what is new: filter the model of your events instead.')
        if is_partial and invocation_args_dict.sample }}
    {#- What a run without seeds goes by is what the last complete one loaded, or one since then that broke off: both have to be the files of now. -#}
    {% set noted = relation_named('event_loads') %}
    {% set gone_by = stored_rows(noted, 'distinct rules_fingerprint',
            'where load_number >= coalesce((select max(load_number) from ' ~ noted ~ ' where is_complete), 0)')
        if needed and not chosen | selectattr('resource_type', 'eq', 'seed') | list else [] %}
    {% set seeds_of_now = rules_fingerprint().split(' ')[-1] if gone_by %}
    {% for load in gone_by if load.rules_fingerprint.split(' ')[-1] != seeds_of_now %}
        {{ refuse('Seeds changed since the last run, and this one does not load them: run dbt build'
            ~ ' (without tests: dbt build --exclude-resource-type test unit_test).') }}
    {% endfor %}
    {% for node in (needed if loads and needed and last_complete_load() > 0 else [])
        if node.config.materialized == 'incremental' and load_relation(relation_named(node.name)) is none %}
        {{ refuse(node.name ~ ' is gone, which this run would go on from: run dbt build --full-refresh.') }}
    {% endfor %}
{%- endmacro %}

{% macro made_together(chosen, has_notes) -%}
    {#- Tables that go on from the run before are exact only if this run makes all that they are made from, too. -#}
    {#- The ledger of an optional mart compares with what is there. #}
    {% set needed = chosen | selectattr('config.materialized', 'eq', 'incremental') | rejectattr('config.meta.is_optional') | list %}
    {#- What a run notes for itself is of the run that made it, here or where it is deferred to; a view is what it reads. -#}
    {% for node in (chosen if has_notes else []) if node.resource_type in ['model', 'snapshot'] and node.config.materialized != 'view' %}
        {% set read = node.depends_on.nodes | list %}
        {% for parent in read if parent in graph.nodes and parent not in selected_resources %}
            {% do needed.append(node) if graph.nodes[parent].config.meta.get('lasts_for_a_run') and node not in needed %}
            {% do read.extend(graph.nodes[parent].depends_on.nodes) if graph.nodes[parent].config.materialized == 'view' %}
        {% endfor %}
    {% endfor %}
    {#- The list grows while it is read, until it holds every ancestor. -#}
    {% set seen = needed | map(attribute='unique_id') | list %}
    {% for node in needed %}
        {% for parent in node.depends_on.nodes if parent.startswith('model.identity_graph.') and parent not in seen %}
            {{ refuse(
                node.name ~ ' is only made together with all that it is made from, because tables go on from the run before ('
                ~ parent.split('.')[-1] ~ ' is left out): select +' ~ node.name ~ ', or run everything.'
            ) if parent not in selected_resources }}
            {% do seen.append(parent) %}
            {% do needed.append(graph.nodes[parent]) %}
        {% endfor %}
    {% endfor %}

    {% for node in needed %}
        {% for parent in node.depends_on.nodes if parent.startswith('seed.') and parent not in selected_resources
            and load_relation(relation_named(graph.nodes[parent].name)) is none %}
            {{ refuse('The seed ' ~ graph.nodes[parent].name ~ ', which ' ~ node.name ~ ' reads, is not in the database, and this run does not load it: select +'
                ~ node.name ~ ', or run everything with dbt build.') }}
        {% endfor %}
    {% endfor %}
    {{ return(needed) }}
{%- endmacro %}

{% macro check_configs(chosen) -%}
    {#- The config of a project that has this package wins over a model's own, on which its SQL rests: a table would keep only what changed. -#}
    {% set changed = [] %}
    {% for node in chosen if node.resource_type == 'model' %}
        {% for name in ['materialized', 'incremental_strategy', 'full_refresh'] %}
            {% set written = modules.re.search(name ~ '=["\']?([\\w+]+)', node.raw_code) %}
            {% set found = node.config[name] | string | lower %}
            {% set is_as_written = found == written.group(1) if written
                else found in (['view'] if node.fqn[1] == 'staging' else ['table', 'table_if_changed']) if name == 'materialized'
                else found == 'none' or node.config.materialized != 'incremental' %}
            {% do changed.append(node.name ~ ' (' ~ name ~ ': ' ~ found ~ ')') if not is_as_written %}
        {% endfor %}
        {#- By it marts are found. #}
        {% do changed.append('persons (access: ' ~ node.access ~ ')') if node.name == 'persons' and node.access != 'public' %}
    {% endfor %}
    {{ refuse(
        'The dbt_project.yml of ' ~ project_name ~ ' sets configs that models of identity_graph need as they are written: '
        ~ (changed | sort)[:5] | join(', ') ~ (' and ' ~ (changed | length - 5) ~ ' more' if changed | length > 5)
        ~ '. Set them for your own models alone:\nmodels:\n  ' ~ project_name ~ ':\n    +materialized: ...\n'
    ) if changed }}
{%- endmacro %}
