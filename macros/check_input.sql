{% macro check_input() -%}
    {#- With --empty, or without the model that reads them, no raw events are read, so there is nothing to check. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY
        and 'model.identity_graph.int_events_received' in selected_resources -%}
        {% set left_alone = ' Nothing was built; the database is as it was.' %}
        {% for policy in event_policies() if var(policy) not in ['accept', 'reject'] %}
            {{ exceptions.raise_compiler_error(
                'The var ' ~ policy ~ " is '" ~ var(policy) ~ "'; it may be accept or reject." ~ left_alone
            ) }}
        {% endfor %}
        {{ check_raw_tables(left_alone) }}
        {{ check_stored_events(left_alone) }}
        {% if run_query("select 1 from (select " ~ token_secret() ~ " as secret) as secrets where coalesce(secret, '') = ''") | length > 0 %}
            {{ exceptions.raise_compiler_error(
                'The token secret' ~ (' (DBT_ENV_SECRET_IDENTITY_TOKEN)' if target.type == 'duckdb' else '')
                ~ ' is empty: ips and phones cannot be tokenised.' ~ left_alone
            ) }}
        {% endif %}
        {{ check_token_secret(left_alone) }}
    {%- endif -%}
{%- endmacro %}
