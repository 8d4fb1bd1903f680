{% set ignored = ignored_values() %}
{% set key_rules = custom_key_rules('heap') %}
{% set raw_names = raw_columns('heap') %}
{# What Heap itself tells of a visit and its place; all other columns are properties. #}
{% set own_columns = [
    'event_id', 'user_id', 'session_id', 'time', 'session_time', 'type', 'library', 'platform', 'device_type', 'device', 'carrier',
    'app_name', 'app_version', 'heap_app_name', 'heap_app_version', 'heap_device', 'heap_device_id', 'country', 'region', 'city',
    'continent', 'ip', 'browser', 'browser_type', 'referrer', 'landing_page', 'landing_page_query', 'landing_page_hash',
    'search_keyword', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'domain', 'path', 'query', 'hash',
    'event_table_name', 'has_consent', 'raw_file', 'file_row_number'
] %}
{% set texts = {
    'sent_event_table': 'event_table_name', 'sent_consent': 'has_consent', 'page_path': 'path', 'sent_query': 'query',
    'view_controller': 'view_controller'
} %}
{# What brought the visitor stands on every row of the visit. It is news where the visit begins. #}
{% set texts_of_sessions = {
    'sent_referrer': 'referrer', 'landing_page': 'landing_page', 'landing_query': 'landing_page_query',
    'landing_hash': 'landing_page_hash', 'session_source': 'utm_source', 'session_medium': 'utm_medium',
    'session_campaign': 'utm_campaign', 'session_content': 'utm_content', 'session_term': 'utm_term'
} %}
{% set tables, event_tables = {}, [] %}
{% for table in ['sessions', 'pageviews'] if has_raw_table(source('heap', table)) %}
    {% do tables.update({table: raw_reader(source('heap', table), 'heap', table)}) %}
{% endfor %}
{% for table in var('heap_event_tables') if has_raw_table(event_table('heap', table)) %}
    {% do tables.update({table: raw_reader(event_table('heap', table), 'heap', table)}) %}
    {% do event_tables.append(table) %}
{% endfor %}
{% set tables_with_properties = tables | list %}
{% if has_raw_table(source('heap', 'all_events')) %}
    {% do tables.update({'all_events': raw_reader(source('heap', 'all_events'), 'heap', 'all_events')}) %}
{% endif %}

with rows_of_tables as (

    {% for table, relation in (tables or {'sessions': source('heap', 'sessions')}).items() %}
        {% set columns, properties = source_columns(relation), {} %}
        {% for column in columns | sort if column not in own_columns and table != 'all_events' %}
            {% do properties.update({column: quoted_column(column)}) %}
        {% endfor %}
        {% set of_event = raw_names if table in event_tables else {} %}
        select
            {{ raw_file() }} as raw_file,
            {{ raw_row_number(relation) }} as raw_row_number,
            '{{ table | lower }}' as raw_table,
            {{ time_of_any_type(columns, 'time') }} as occurred_at,
            {% for name, column in texts.items() %}
                {{ raw_column(columns, column) }} as {{ name }},
            {% endfor %}
            {% for name, column in texts_of_sessions.items() %}
                {{ raw_column(columns if table == 'sessions' else [], column) }} as {{ name }},
            {% endfor %}
            {{ raw_column(columns, 'hash') }} as sent_hash,
            {% for name in ['library', 'platform', 'device_type', 'device', 'browser', 'domain'] %}
                lower({{ raw_column(columns, name) }}) as sent_{{ name }},
            {% endfor %}
            {{ first_sent(columns, ['session_id'] if table == 'sessions' else ['event_id'], ignored) }} as sent_event_id,
            {{ first_sent(columns, ['user_id'], ignored) }} as anonymous_id,
            {{ first_sent(columns, ['session_id'], ignored) }} as source_session_id,
            {{ first_sent(columns, raw_names.order_id, ignored) }} as order_id,
            lower({{ first_sent(columns, ['ip'], ignored) }}) as sent_ip,
            {% for name, canonical_column in {'sent_email': 'email', 'phone': 'phone', 'account_id': 'account_id'}.items() %}
                {{ first_sent(columns, of_event.get(canonical_column, []), ignored) }} as {{ name }},
            {% endfor %}
            {% for rule in key_rules if rule.key_type != 'heap_user_id' %}
                {{ first_sent(columns, [rule.key_type], ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
            {% endfor %}
            {{ money_columns(
                of_event.get('revenue', []) | select('in', columns) | list, first_sent(columns, of_event.get('currency', [])), ignored
            ) }},
            {{ json_object(properties, is_sparse=true) }} as properties
        from {{ relation }}
        where {{ raw_file() }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        *,
        -- The table of the event that a row of all_events tells of.
        case when raw_table = 'all_events' then lower(sent_event_table) else raw_table end as event_table,
        coalesce(
            raw_table = 'all_events' and lower(sent_event_table) in ('{{ tables_with_properties | map('lower') | join("', '") }}'), false
        ) as is_repeated
    from rows_of_tables

)

select * from final
