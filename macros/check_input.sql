{% macro check_input() -%}
    {#- With --empty, or without the model that reads them, no raw events are read, so there is nothing to check. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY
        and 'model.identity_graph.int_events_received' in selected_resources -%}
        {% set left_alone = ' Nothing was built; the database is as it was.' %}
        {% if var('unregistered_events') not in ['accept', 'reject'] %}
            {{ exceptions.raise_compiler_error(
                "The var unregistered_events is '" ~ var('unregistered_events') ~ "'; it may be accept or reject." ~ left_alone
            ) }}
        {% endif %}
        {{ adapter.dispatch('check_input', 'identity_graph')(left_alone) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__check_input(left_alone) -%}
    {% set path = env_var('IDENTITY_EVENTS', '') or 'seeds/demo/events.parquet' %}

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

    {% set loaded_files = api.Relation.create(
        database=target.database, schema=generate_schema_name('intermediate', none), identifier='int_raw_files'
    ) %}
    {% if not flags.FULL_REFRESH and load_relation(event_loads()) is not none and load_relation(loaded_files) is not none %}
        {% set again = ' The stored events cannot be continued: repeat the command with --full-refresh.' %}
        {% set loads = run_query('select raw_location from ' ~ event_loads() ~ ' order by load_number desc limit 1').rows %}
        {% if loads and loads[0][0] != raw_location() %}
            {{ exceptions.raise_compiler_error(
                'IDENTITY_EVENTS: the database was built from ' ~ loads[0][0] ~ ', now it is ' ~ raw_location() ~ '.'
                ~ again ~ left_alone
            ) }}
        {% endif %}
        {% set changed_files = run_query(
            'select present.raw_file from ' ~ raw_files() ~ ' as present inner join ' ~ loaded_files
            ~ ' as loaded on present.raw_file = loaded.raw_file where present.size_bytes != loaded.size_bytes'
            ~ ' or present.modified_at != loaded.modified_at order by 1 limit 3'
        ).columns[0].values() %}
        {% if changed_files %}
            {{ exceptions.raise_compiler_error(
                'IDENTITY_EVENTS: ' ~ changed_files | join(', ') ~ ' changed after it was loaded. New events belong into a new file.'
                ~ again ~ left_alone
            ) }}
        {% endif %}
    {% endif %}

    {% if run_query("select 1 where coalesce(getvariable('identity_token_secret'), '') = ''") | length > 0 %}
        {{ exceptions.raise_compiler_error(
            'DBT_ENV_SECRET_IDENTITY_TOKEN is empty: ips and phones cannot be tokenised.' ~ left_alone
        ) }}
    {% endif %}
{%- endmacro %}

{% macro bigquery__check_input(left_alone) -%}
    {% set events = source('generic', 'events') %}
    {% set relation = load_relation(events) %}
    {% if relation is none %}
        {{ exceptions.raise_compiler_error('There is no table ' ~ events ~ ' (vars generic_events_schema and generic_events_table).' ~ left_alone) }}
    {% endif %}

    {% set present = source_columns(relation) %}
    {% set missing = [] %}
    {% for name in ['event_id', 'event_name', 'occurred_at', 'anonymous_id'] if name not in present %}
        {% do missing.append(name) %}
    {% endfor %}
    {% if missing %}
        {{ exceptions.raise_compiler_error(
            'The table ' ~ events ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ '.' ~ left_alone
        ) }}
    {% endif %}
    {% if run_query('select 1 from ' ~ raw_files() ~ ' limit 1') | length == 0 %}
        {{ exceptions.raise_compiler_error(
            'The table ' ~ events ~ ' has no partition by ingestion time, by which new events are told from those of earlier runs.' ~ left_alone
        ) }}
    {% endif %}

    {% set loaded_files = api.Relation.create(
        database=target.database, schema=generate_schema_name('intermediate', none), identifier='int_raw_files'
    ) %}
    {% if not flags.FULL_REFRESH and load_relation(event_loads()) is not none and load_relation(loaded_files) is not none %}
        {% set again = ' The stored events cannot be continued: repeat the command with --full-refresh.' %}
        {% set loads = run_query('select raw_location from ' ~ event_loads() ~ ' order by load_number desc limit 1').rows %}
        {% if loads and loads[0][0] != raw_location() %}
            {{ exceptions.raise_compiler_error(
                'The dataset was built from ' ~ loads[0][0] ~ ', now it is ' ~ raw_location() ~ '.' ~ again ~ left_alone
            ) }}
        {% endif %}
        {% set changed_files = run_query(
            'select cast(present.raw_file as string) from ' ~ raw_files() ~ ' as present inner join ' ~ loaded_files
            ~ ' as loaded on present.raw_file = loaded.raw_file where present.total_rows != loaded.row_count order by 1 limit 3'
        ).columns[0].values() %}
        {% if changed_files %}
            {{ exceptions.raise_compiler_error(
                'The partition(s) ' ~ changed_files | join(', ') ~ ' of ' ~ events ~ ' changed after they were loaded.' ~ again ~ left_alone
            ) }}
        {% endif %}
    {% endif %}

    {% if run_query("select 1 from (select " ~ token_secret() ~ " as secret) as secrets where coalesce(secret, '') = ''") | length > 0 %}
        {{ exceptions.raise_compiler_error('The token secret is empty: ips and phones cannot be tokenised.' ~ left_alone) }}
    {% endif %}
{%- endmacro %}
