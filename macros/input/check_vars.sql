{% macro check_vars() -%}
    {#- Vars are part of SQL, so each is looked at once, before any is. -#}
    {% set wrong = [] %}
    {% set number = '[0-9]+' %}
    {% set period = '0*[1-9][0-9]*' %}
    {% set share = '(0([.][0-9]+)?|1([.]0+)?)' %}
    {% set name = '[A-Za-z_][A-Za-z0-9_]*' %}
    {% set flat_name = '[A-Za-z0-9_-]+' %}
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
        'generic_events_table': [flat_name, 'the name of a table']
    } %}
    {% set may_be_null = ['as_of', 'generic_events_relation', 'generic_arrives_by'] %}
    {% for var_name, shape in shapes.items() %}
        {% set value = var(var_name) %}
        {% if not (value is none and var_name in may_be_null) and not modules.re.fullmatch(shape[0], value | string) %}
            {% do wrong.append([var_name, value, shape[1]]) %}
        {% endif %}
    {% endfor %}
    {% if var('as_of') and not wrong | selectattr(0, 'eq', 'as_of') | list
        and run_query('select ' ~ cast_or_null(sql_text(var('as_of')), dbt.type_timestamp())).rows[0][0] is none %}
        {% do wrong.append(['as_of', var('as_of'), shapes.as_of[1]]) %}
    {% endif %}

    {#- The first is a list of names, the others of texts that a quote would end. -#}
    {% for var_name, shape in {
        'event_sources': name, 'segment_event_tables': name, 'rudderstack_event_tables': name,
        'segment_consent_categories': "[^'\"\\\\]+", 'rudderstack_consent_categories': "[^'\"\\\\]+"
    }.items() %}
        {% set value = var(var_name, []) %}
        {% if value is string or value is mapping or value is not iterable %}
            {% do wrong.append([var_name, value, 'a list, as [' ~ (value if value is string else 'a, b') ~ ']']) %}
        {% elif var_name == 'event_sources' and not value %}
            {% do wrong.append([var_name, value, 'a list that names a source, as [generic]']) %}
        {% else %}
            {% for part in value if not (part is string and modules.re.fullmatch(shape, part)) %}
                {% do wrong.append([var_name, part, 'a list of names without quotes']) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {% if var('raw_files_like') is not none and (var('raw_files_like') is not string or '\n' in var('raw_files_like')) %}
        {% do wrong.append(['raw_files_like', var('raw_files_like'), 'a pattern of SQL, as %2026-02%']) %}
    {% endif %}

    {% set dialect = var('csv_dialect') or {} %}
    {% if dialect is not mapping %}
        {% do wrong.append(['csv_dialect', dialect, 'a mapping, as {delimiter: ";"}']) %}
    {% else %}
        {% set parts = {
            'delimiter': ['(?s).{1,4}', 'one to four characters'], 'quote': ['(?s).?', 'one character or none'],
            'escape': ['(?s).?', 'one character or none'], 'comment': ['(?s).?', 'one character or none'],
            'skip': [number, 'a whole number of lines'], 'encoding': ['utf-8|utf-16|latin-1', 'utf-8, utf-16 or latin-1'],
            'null_text': ['.*', 'a text']
        } %}
        {% for part, value in dialect.items() %}
            {% if part not in parts %}
                {% do wrong.append(['csv_dialect', part, 'a mapping of ' ~ parts.keys() | join(', ')]) %}
            {% elif not modules.re.fullmatch(parts[part][0], value | string) %}
                {% do wrong.append(['csv_dialect.' ~ part, value, parts[part][1]]) %}
            {% endif %}
        {% endfor %}
    {% endif %}

    {% set messages = [] %}
    {% for var_name, value, shape in wrong %}
        {% do messages.append('The var ' ~ var_name ~ ' is ' ~ tojson(value, value | string) ~ '; it has to be ' ~ shape ~ '.') %}
    {% endfor %}
    {% set engine = env_var('IDENTITY_GRAPH_ENGINE', '') %}
    {% if engine not in ['', 'python', 'sql'] %}
        {% do messages.append('The environment variable IDENTITY_GRAPH_ENGINE is ' ~ engine ~ '; it has to be python or sql.') %}
    {% endif %}
    {% if messages %}
        {{ refuse(messages | join('\n')) }}
    {% endif %}
{%- endmacro %}
