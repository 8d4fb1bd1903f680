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
