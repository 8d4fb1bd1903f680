{% macro check_input() -%}
    {#- With --empty nothing is read, so there is nothing to check. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY and target.type == 'duckdb' -%}
        {% set path = env_var('IDENTITY_EVENTS', '') or 'seeds/demo/events.parquet' %}
        {% set left_alone = ' Nothing was built; the database is as it was.' %}

        {% set quoted = "'" ~ path | replace("'", "''") ~ "'" %}

        {% if run_query('select 1 from glob(' ~ quoted ~ ') limit 1') | length == 0 %}
            {{ exceptions.raise_compiler_error(
                'IDENTITY_EVENTS: there is no file at ' ~ path ~ ' (for a folder, name its files: folder/*.parquet).' ~ left_alone
            ) }}
        {% endif %}

        {% set events = source('generic', 'events') | string %}
        {#- The NDJSON reader is told its columns, so ask a sample of the file itself which ones it has. -#}
        {% set sample = "read_json_auto(" ~ quoted ~ ", format = 'newline_delimited')" if 'read_json' in events else events %}
        {% if run_query('select 1 from ' ~ events ~ ' limit 1') | length == 0 %}
            {{ exceptions.raise_compiler_error('IDENTITY_EVENTS: ' ~ path ~ ' holds no event.' ~ left_alone) }}
        {% endif %}

        {% set present = [] %}
        {% for row in run_query('describe select * from ' ~ sample) %}
            {#- NDJSON names are told apart by case. -#}
            {% do present.append(row[0] if 'read_json' in events else row[0] | lower) %}
        {% endfor %}
        {% set missing = [] %}
        {% for name in ['event_id', 'event_name', 'occurred_at', 'anonymous_id'] if name not in present %}
            {% do missing.append(name) %}
        {% endfor %}
        {% if missing %}
            {{ exceptions.raise_compiler_error(
                'IDENTITY_EVENTS: ' ~ path ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ '.' ~ left_alone
            ) }}
        {% endif %}

        {% if var('unregistered_events') not in ['accept', 'reject'] %}
            {{ exceptions.raise_compiler_error(
                "The var unregistered_events is '" ~ var('unregistered_events') ~ "'; it may be accept or reject." ~ left_alone
            ) }}
        {% endif %}

        {% if run_query("select 1 where coalesce(getvariable('identity_token_secret'), '') = ''") | length > 0 %}
            {{ exceptions.raise_compiler_error(
                'DBT_ENV_SECRET_IDENTITY_TOKEN is empty: ips and phones cannot be tokenised.' ~ left_alone
            ) }}
        {% endif %}
    {%- endif -%}
{%- endmacro %}
