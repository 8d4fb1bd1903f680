{% macro check_vars() -%}
    {#- Vars are part of SQL, so each is looked at once, before any is; while dbt parses, too, for a source that is none would only be no node. -#}
    {% set rules, dialect, messages = var_rules(), var('csv_dialect') or {}, [] %}
    {% set optional = ['as_of', 'raw_files_like', 'generic_events_relation', 'generic_arrives_by', 'ad_spend_relation'] %}
    {% for var_name, rule in rules.items() %}
        {% set is_list, is_of_dialect = rule[1].startswith('a list'), var_name.startswith('csv_dialect.') %}
        {% set value = var(var_name) if not is_of_dialect else dialect.get(var_name[12:]) if dialect is mapping else none %}
        {% set is_other = value is string or value is mapping or value is not iterable or not value and var_name == 'event_sources' if is_list
            else dialect is not mapping or dialect | reject('in', rules | map('replace', 'csv_dialect.', '') | list) | list if var_name == 'csv_dialect'
            else value is not mapping or value.values() | reject('string') | list if var_name == 'generic_columns'
            else var_name == 'raw_files_like' and value is not string %}
        {% do messages.append('The var ' ~ var_name ~ ' names the same twice: ' ~ value | join(', ') ~ '.')
            if is_list and not is_other and value | unique | list | length < value | length %}
        {% for part in (value if is_list and not is_other else [value]) %}
            {#- Of a time the calendar is asked, of a time zone the atlas. -#}
            {% if (part is not none or not is_of_dialect and var_name not in optional) and (
                is_other or is_list and part is not string or not modules.re.fullmatch(rule[0], part | string)
                or var_name == 'as_of' and execute and run_query('select ' ~ cast_or_null(sql_text(part), dbt.type_timestamp())).rows[0][0] is none
                or var_name == 'mixpanel_time_zone' and execute and target.type == 'duckdb' and part != 'UTC' and run_query(
                    'select 1 from pg_timezone_names() where lower(name) = ' ~ sql_text(part | lower)
                ).rows | length == 0
            ) %}
                {% do messages.append('The var ' ~ var_name ~ ' is ' ~ tojson(part, part | string) ~ '; it has to be ' ~ rule[1] ~ '.') %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% do messages.append('The var attribution_window_days is gone; it is window_days of a row of seeds/attribution_models.csv.')
        if var('attribution_window_days', none) is not none %}
    {% set engine = env_var('IDENTITY_GRAPH_ENGINE', '') %}
    {% do messages.append('The environment variable IDENTITY_GRAPH_ENGINE is ' ~ engine ~ '; it has to be python or sql.')
        if engine not in ['', 'python', 'sql'] %}
    {{ refuse(messages | join('\n')) if messages }}
    {% set shipped = ['adobe', 'amplitude', 'ga4', 'generic', 'heap', 'kissmetrics', 'mixpanel', 'ping', 'posthog', 'records', 'rudderstack', 'segment', 'snowplow'] %}
    {% set others = var('event_sources') | reject('in', shipped) | join(', ') %}
    {% do log(
        'The var event_sources names ' ~ others ~ ', which has to be a source of your own (stg_<source>__events); those that are here: '
        ~ shipped | join(', ') ~ '.', info=true
    ) if others and not execute and project_name == 'identity_graph' %}
{%- endmacro %}
