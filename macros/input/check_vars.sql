{% macro check_vars() -%}
    {#- Vars are part of SQL, so each is looked at once, before any is; while dbt parses, too, for a source that is none would only be no node. -#}
    {% set number, period, share = '[0-9]+', '0*[1-9][0-9]*', '(0([.][0-9]+)?|1([.]0+)?)' %}
    {% set name, flat_name, text, nothing = '[A-Za-z_][A-Za-z0-9_]*', '[A-Za-z0-9_-]+', "[^'\"\\\\]+", '(?!)' %}
    {% set shapes = {
        'as_of': ['[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?', 'a time (UTC), as 2026-02-01 12:00:00'],
        'watermark_minutes': [number, 'a whole number of minutes'],
        'session_timeout_minutes': [period, 'a whole number of minutes, one at least'],
        'attribution_window_days': [number, 'a whole number of days'],
        'statistics_period_days': [period, 'a whole number of days, one at least'],
        'component_cap_floor': [number, 'a whole number'],
        'activation_min_confidence': [share, 'a number between 0 and 1'],
        'component_cap_percentile': [share, 'a number between 0 and 1'],
        'unregistered_events': ['accept|reject', 'accept or reject'],
        'unregistered_versions': ['accept|reject', 'accept or reject'],
        'retired_events': ['accept|reject', 'accept or reject'],
        'properties_policy': ['scrub|taxonomy', 'scrub or taxonomy'],
        'consent_withdrawal_retracts': ['later_events|all_events', 'later_events or all_events'],
        'enable_probabilistic': ['(?i:true|false)', 'true or false'],
        'generic_events_relation': [flat_name ~ '([.]' ~ flat_name ~ ')?', 'the name of a model, or of a source as source.table'],
        'generic_arrives_by': [name, 'the name of a column'],
        'rudderstack_arrives_by': [name, 'the name of a column'],
        'generic_events_schema': [flat_name, 'the name of a schema'],
        'generic_events_table': [flat_name, 'the name of a table'],
        'raw_files_like': ['.*' if var('raw_files_like') is string else nothing, 'a pattern of SQL, as %2026-02%'],
        'csv_dialect': ['.*' if (var('csv_dialect') or {}) is mapping else nothing, 'a mapping, as {delimiter: ";"}']
    } %}
    {% set values = [] %}
    {% for var_name, shape in shapes.items() if not (
        var(var_name) is none and var_name in ['as_of', 'generic_events_relation', 'generic_arrives_by', 'raw_files_like']
    ) %}
        {% do values.append([var_name, var(var_name)] + shape) %}
    {% endfor %}
    {#- The first is a list of names, the others of texts that a quote would end. -#}
    {% for var_name, shape in {
        'event_sources': name, 'segment_event_tables': name, 'rudderstack_event_tables': name,
        'segment_consent_categories': text, 'rudderstack_consent_categories': text
    }.items() %}
        {% set value = var(var_name, []) %}
        {% if value is string or value is mapping or value is not iterable %}
            {% do values.append([var_name, value, nothing, 'a list, as [' ~ (value if value is string else 'a, b') ~ ']']) %}
        {% elif var_name == 'event_sources' and not value %}
            {% do values.append([var_name, value, nothing, 'a list that names a source, as [generic]']) %}
        {% else %}
            {% for part in value %}
                {% do values.append([var_name, part, shape if part is string else nothing, 'a list of names without quotes']) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {% set character = ['(?s).?', 'one character or none'] %}
    {% set parts = {
        'delimiter': ['(?s).{1,4}', 'one to four characters'], 'quote': character, 'escape': character, 'comment': character,
        'skip': [number, 'a whole number of lines'], 'encoding': ['utf-8|utf-16|latin-1', 'utf-8, utf-16 or latin-1'],
        'null_text': ['.*', 'a text']
    } %}
    {% for part, value in (var('csv_dialect').items() if var('csv_dialect') is mapping else []) %}
        {% do values.append(
            ['csv_dialect.' ~ part, value] + parts[part] if part in parts
            else ['csv_dialect', part, nothing, 'a mapping of ' ~ parts.keys() | join(', ')]
        ) %}
    {% endfor %}

    {% set messages = [] %}
    {% for var_name, value, pattern, shape in values %}
        {#- Of a time the calendar is asked. -#}
        {% if not modules.re.fullmatch(pattern, value | string) or var_name == 'as_of' and execute
            and run_query('select ' ~ cast_or_null(sql_text(value), dbt.type_timestamp())).rows[0][0] is none %}
            {% do messages.append('The var ' ~ var_name ~ ' is ' ~ tojson(value, value | string) ~ '; it has to be ' ~ shape ~ '.') %}
        {% endif %}
    {% endfor %}
    {% set engine = env_var('IDENTITY_GRAPH_ENGINE', '') %}
    {% if engine not in ['', 'python', 'sql'] %}
        {% do messages.append('The environment variable IDENTITY_GRAPH_ENGINE is ' ~ engine ~ '; it has to be python or sql.') %}
    {% endif %}
    {% if messages %}
        {{ refuse(messages | join('\n')) }}
    {% endif %}
    {% set shipped = ['amplitude', 'ga4', 'generic', 'kissmetrics', 'ping', 'records', 'rudderstack', 'segment', 'snowplow'] %}
    {% set others = var('event_sources') | reject('in', shipped) | join(', ') %}
    {% do log(
        'The var event_sources names ' ~ others ~ ', which has to be a source of your own (stg_<source>__events); those that are here: '
        ~ shipped | join(', ') ~ '.', info=true
    ) if others and not execute and project_name == 'identity_graph' %}
{%- endmacro %}
