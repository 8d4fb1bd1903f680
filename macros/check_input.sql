{% macro check_input() -%}
    {#- With --empty nothing is read, so there is nothing to check. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY and target.type == 'duckdb' -%}
        {% set path = env_var('IDENTITY_EVENTS', '') or 'seeds/demo/events.parquet' %}
        {% set left_alone = ' Nothing was built; the database is as it was.' %}

        {% if run_query("select 1 from glob('" ~ path ~ "') limit 1") | length == 0 %}
            {{ exceptions.raise_compiler_error('IDENTITY_EVENTS: there is no file at ' ~ path ~ '.' ~ left_alone) }}
        {% endif %}

        {% set events = source('generic', 'events') | string %}
        {#- The NDJSON reader is told its columns, so ask a sample of the file itself which ones it has. -#}
        {% set sample = "read_json_auto('" ~ path ~ "', format = 'newline_delimited')" if 'read_json' in events else events %}
        {% if run_query('select 1 from ' ~ events ~ ' limit 1') | length == 0 %}
            {{ exceptions.raise_compiler_error('IDENTITY_EVENTS: ' ~ path ~ ' holds no event.' ~ left_alone) }}
        {% endif %}

        {% set present = source_columns(sample) %}
        {% set missing = [] %}
        {% for name in ['event_id', 'event_name', 'occurred_at', 'anonymous_id'] if name not in present %}
            {% do missing.append(name) %}
        {% endfor %}
        {% if missing %}
            {{ exceptions.raise_compiler_error(
                'IDENTITY_EVENTS: ' ~ path ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ '.' ~ left_alone
            ) }}
        {% endif %}

        {% if run_query("select 1 where coalesce(getvariable('identity_token_secret'), '') = ''") | length > 0 %}
            {{ exceptions.raise_compiler_error(
                'DBT_ENV_SECRET_IDENTITY_TOKEN is empty: ips and phones cannot be tokenised.' ~ left_alone
            ) }}
        {% endif %}
    {%- endif -%}
{%- endmacro %}
