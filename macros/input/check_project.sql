{% macro check_project() -%}
    {#- What another project may do that would make this package read something else than it means. -#}
    {% set others = [] %}
    {% set seeds = [] %}
    {% for node in graph.nodes.values() if node.package_name == 'identity_graph' %}
        {% for parent in node.depends_on.nodes %}
            {% set kind, package, name = parent.split('.')[:3] %}
            {% if kind == 'model' and package != 'identity_graph' and 'model.identity_graph.' ~ name in graph.nodes and name != var('generic_events_relation') %}
                {% do others.append(name) %}
            {% elif kind == 'seed' and package == 'identity_graph' and 'seed.' ~ project_name ~ '.' ~ name in graph.nodes and project_name != package %}
                {% do seeds.append(name) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% if others %}
        {{ refuse(
            'Models of ' ~ project_name ~ ' have names of identity_graph (' ~ others | unique | sort | join(', ')
            ~ '), and dbt reads them instead. Add to the dbt_project.yml of ' ~ project_name ~ ':\n'
            ~ 'flags:\n  require_ref_searches_node_package_before_root: true\n'
        ) }}
    {% endif %}
    {% if seeds %}
        {{ refuse(
            'To use the seeds of ' ~ project_name ~ ' (' ~ seeds | unique | sort | join(', ') ~ ') instead of those of identity_graph,'
            ~ ' switch these off in the dbt_project.yml of ' ~ project_name ~ ':\nseeds:\n  identity_graph:\n    '
            ~ (seeds | unique | sort)[0] ~ ':\n      +enabled: false\n'
        ) }}
    {% endif %}
    {{ adapter.dispatch('check_session', 'identity_graph')() }}
{%- endmacro %}

{% macro duckdb__check_session() -%}
    {#- Only the profile can read a secret from the environment, and only the connection has a time zone. -#}
    {% set session = run_query(
        "select coalesce(getvariable('identity_token_secret'), '') != '', timestamptz '2026-07-01 00:00:00' = timestamptz '2026-07-01 00:00:00+00'"
    ).rows[0] %}
    {% if not session[0] or not session[1] %}
        {{ refuse(
            ('The token secret is empty, so ips and phones cannot be tokenised.' if not session[0] else 'The time zone of the connection is not UTC.')
            ~ ' The output of profiles.yml needs these lines, and the environment a DBT_ENV_SECRET_IDENTITY_TOKEN:\n'
            ~ "settings:\n  TimeZone: UTC\n  VARIABLE identity_token_secret: \"{{ env_var('DBT_ENV_SECRET_IDENTITY_TOKEN') }}\"\n"
        ) }}
    {% endif %}
{%- endmacro %}

{% macro bigquery__check_session() -%}
    {% if adapter.dispatch('cast', 'dbt').macro.package_name != 'identity_graph' %}
        {{ refuse(
            'On BigQuery dbt has to look into identity_graph for its casts. Add to the dbt_project.yml of ' ~ project_name ~ ':\n'
            ~ 'dispatch:\n  - macro_namespace: dbt\n    search_order: [' ~ project_name ~ ', identity_graph, dbt]\n'
        ) }}
    {% endif %}
    {% if run_query("select 1 from (select " ~ token_secret() ~ " as secret) as secrets where coalesce(secret, '') = ''") | length > 0 %}
        {{ refuse('The token secret is empty: ips and phones cannot be tokenised.') }}
    {% endif %}
{%- endmacro %}
