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
            {#- Of a time the calendar is asked. -#}
            {% if (part is not none or not is_of_dialect and var_name not in optional) and (
                is_other or is_list and part is not string or not modules.re.fullmatch(rule[0], part | string)
                or var_name == 'as_of' and execute and run_query('select ' ~ cast_or_null(sql_text(part), dbt.type_timestamp())).rows[0][0] is none
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

{% macro var_rules() -%}
    {#- By var, the pattern of its values and how a message says it; of a list, of each of its parts. -#}
    {% set number, period, share = '[0-9]{1,6}', '0{0,5}[1-9][0-9]{0,4}', ['(0([.][0-9]+)?|1([.]0+)?)', 'a number between 0 and 1'] %}
    {% set name, flat_name, column = '[A-Za-z_][A-Za-z0-9_]*', '[A-Za-z0-9_-]+', ['[A-Za-z_][A-Za-z0-9_]*', 'the name of a column'] %}
    {% set choice, character = ['accept|reject', 'accept or reject'], ['(?s).?', 'one character or none'] %}
    {% set yes_or_no = ['(?i:true|false)', 'true or false'] %}
    {% set relation = [flat_name ~ '([.]' ~ flat_name ~ ')?', 'the name of a model, or of a source as source.table'] %}
    {% set tables, texts = [name, 'a list of names'], ["[^'\"\\\\]+", 'a list of names without quotes'] %}
    {{ return({
        'as_of': ['[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?', 'a time (UTC), as 2026-02-01 12:00:00'],
        'watermark_minutes': [number, 'a whole number of minutes, of six digits at most'],
        'session_timeout_minutes': [period, 'a whole number of minutes, from 1 to 99999'],
        'component_cap_floor': [number, 'a whole number, of six digits at most'],
        'statistics_period_days': [period, 'a whole number of days, from 1 to 99999'], 'component_cap_percentile': share,
        'activation_min_confidence': share, 'unregistered_events': choice, 'unregistered_versions': choice, 'retired_events': choice,
        'properties_policy': ['scrub|taxonomy', 'scrub or taxonomy'], 'enable_probabilistic': yes_or_no, 'hold_back_watermark': yes_or_no,
        'consent_withdrawal_retracts': ['later_events|all_events', 'later_events or all_events'],
        'generic_events_relation': relation, 'ad_spend_relation': relation,
        'generic_events_schema': [flat_name, 'the name of a schema'], 'generic_events_table': [flat_name, 'the name of a table'],
        'generic_arrives_by': column, 'rudderstack_arrives_by': column,
        'generic_columns': ['(?s).+', 'a mapping of columns to names or expressions, as {anonymous_id: user_pseudo}'],
        'mixpanel_time_zone': ['[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*', 'the name of a time zone, as Europe/Berlin'],
        'raw_files_like': ['.*', 'a pattern of SQL, as %2026-02%'],
        'event_sources': [name, 'a list of sources, as [generic]'], 'segment_event_tables': tables, 'rudderstack_event_tables': tables,
        'heap_event_tables': tables,
        'optional_marts': ['activation|events|funnels|journeys|paths|reconciliation|retention|traits', 'a list of activation, events, funnels, journeys, paths, reconciliation, retention, traits'],
        'path_attribution_model': [flat_name, 'the name of a row of attribution_models'],
        'path_transform': ['exposure_path|first_path|unique_path', 'exposure_path, first_path or unique_path'],
        'path_remove_last_direct': yes_or_no,
        'segment_consent_categories': texts, 'rudderstack_consent_categories': texts,
        'adobe_event_names': ["[0-9]+=[^'\"\\\\]+", 'a list of number=name, as ["200=signed_up"]'],
        'csv_dialect': ['.*', 'a mapping of delimiter, quote, escape, comment, skip, encoding, null_text, as {delimiter: ";"}'],
        'csv_dialect.delimiter': ['(?s).{1,4}', 'one to four characters'], 'csv_dialect.quote': character, 'csv_dialect.escape': character,
        'csv_dialect.comment': character, 'csv_dialect.skip': [number, 'a whole number of lines, of six digits at most'], 'csv_dialect.null_text': ['.*', 'a text'],
        'csv_dialect.encoding': ['utf-8|utf-16|latin-1', 'utf-8, utf-16 or latin-1']
    }) }}
{%- endmacro %}
