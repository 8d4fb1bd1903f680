{% macro check_project() -%}
    {#- What another project may do that would make this package read something else than it means. -#}
    {% set others, seeds = [], [] %}
    {% for node in graph.nodes.values() if node.package_name == 'identity_graph' %}
        {% for parent in node.depends_on.nodes %}
            {% set kind, package, name = parent.split('.')[:3] %}
            {% do others.append(name) if kind == 'model' and package != 'identity_graph' and 'model.identity_graph.' ~ name in graph.nodes
                and name != var('generic_events_relation') %}
            {% do seeds.append(name) if kind == 'seed' and package == 'identity_graph' and project_name != package
                and 'seed.' ~ project_name ~ '.' ~ name in graph.nodes %}
        {% endfor %}
    {% endfor %}
    {{ refuse(
        'Models of ' ~ project_name ~ ' have names of identity_graph (' ~ others | unique | sort | join(', ') ~ '), and dbt reads them instead. Add to'
        ~ ' the dbt_project.yml of ' ~ project_name ~ ':\nflags:\n  require_ref_searches_node_package_before_root: true\n'
    ) if others }}
    {{ refuse(
        'To use the seeds of ' ~ project_name ~ ' (' ~ seeds | unique | sort | join(', ') ~ ') instead of those of identity_graph, switch these off in'
        ~ ' the dbt_project.yml of ' ~ project_name ~ ':\nseeds:\n  identity_graph:\n    ' ~ (seeds | sort)[0] ~ ':\n      +enabled: false\n'
    ) if seeds }}
    {{ refuse(
        'On BigQuery dbt has to look into identity_graph for its casts. Add to the dbt_project.yml of ' ~ project_name
        ~ ':\ndispatch:\n  - macro_namespace: dbt\n    search_order: [' ~ project_name ~ ', identity_graph, dbt]\n'
    ) if target.type == 'bigquery' and adapter.dispatch('cast', 'dbt').macro.package_name != 'identity_graph' }}
    {#- Only the profile can read a secret from the environment. -#}
    {% set has_secret = run_query('select coalesce((select ' ~ token_secret() ~ "), '') != ''").rows[0][0] %}
    {{ refuse(
        'The token secret is empty, so ips and phones cannot be tokenised.'
        ~ (' The output of profiles.yml needs these lines, and the environment a DBT_ENV_SECRET_IDENTITY_TOKEN:\nsettings:\n'
            ~ "  VARIABLE identity_token_secret: \"{{ env_var('DBT_ENV_SECRET_IDENTITY_TOKEN') }}\"\n" if target.type == 'duckdb' else '')
    ) if not has_secret }}
{%- endmacro %}

{% macro check_connection() -%}
    {#- Only the connection knows its settings. The Azores are at UTC in summer, London is in winter. -#}
    {% set is_right = {
        'TimeZone': "timestamptz '2026-07-01 00:00:00' = timestamptz '2026-07-01 00:00:00+00'"
            ~ " and timestamptz '2026-01-01 00:00:00' = timestamptz '2026-01-01 00:00:00+00'",
        'default_order': '(select array_agg(number order by number) from unnest([1, 2]) as numbers (number)) = [1, 2]',
        'default_null_order': '(select array_agg(number order by number) from unnest([1, null]) as numbers (number)) = [1, null]',
        'default_collation': "current_setting('default_collation') in ('', 'binary')",
        'integer_division': '1 / 2 = 0.5'
    } %}
    {% set answers = run_query('select ' ~ is_right.values() | join(', ')).rows[0] %}
    {% set wrong = [] %}
    {% for setting in is_right %}
        {% do wrong.append(setting) if not answers[loop.index0] %}
    {% endfor %}
    {{ refuse(
        'The same SQL gives other rows by these settings of the connection: ' ~ wrong | join(', ') ~ '. In the output of profiles.yml, settings needs the'
        ~ ' line TimeZone: UTC, and none of the others, so that they are as DuckDB has them.'
    ) if wrong }}
    {#- DuckDB names a database after its file, and cannot tell database from schema in a view. -#}
    {% set named_alike = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('schema', 'eq', target.database) | list %}
    {{ refuse(
        'The database file is named ' ~ target.database ~ ', as a schema in it, and DuckDB reads the one for the other: give the file another name'
        ~ ' (IDENTITY_DUCKDB_PATH, or path in profiles.yml).'
    ) if named_alike }}
{%- endmacro %}
