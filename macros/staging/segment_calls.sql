{% macro segment_calls(source_name, own_columns, texts, ids) -%}
    {%- set ids = dict(ids, order_id=raw_columns(source_name).order_id) -%}
    {%- for rule in custom_key_rules(source_name) -%}
        {%- do ids.update({'custom_key_' ~ loop.index: [rule.key_type]}) -%}
    {%- endfor -%}
    {%- set tables, event_tables = {}, [] -%}
    {%- for table in ['tracks', 'pages', 'screens', 'identifies', 'groups', 'aliases'] if has_raw_table(source(source_name, table)) -%}
        {%- do tables.update({table: source(source_name, table)}) -%}
    {%- endfor -%}
    {%- for table in var(source_name ~ '_event_tables') if has_raw_table(event_table(source_name, table)) -%}
        {%- do tables.update({table: event_table(source_name, table)}) -%}
        {%- do event_tables.append(table) -%}
    {%- endfor -%}
    {%- for table, relation in (tables or {'tracks': source(source_name, 'tracks')}).items() %}
    select
        *,
        {#- Such an event is written twice; here without its properties. #}
        {{ (table == 'tracks') | lower }} and lower(event_name) in ('{{ (event_tables or ['']) | map('lower') | join("', '") }}') as is_repeated,
        {#- The address may be the canonical one of the page, without the parameters that the visitor came with. #}
        case
            when sent_search like '%=%' or sent_url like '%=%' then coalesce(sent_search, '') || '#' || coalesce(sent_url, '')
        end as query_string,
        {{ referrer_url('sent_referrer') }} as referrer,
        coalesce(sent_email, case when user_id like '%_@_%' then user_id end) as email_address,
        {#- By the language: analytics-ruby, @segment/analytics-node, Analytics.NET, rudder-sdk-python. No page's or app's names one. #}
        coalesce({{ "lower(channel) = 'server' or " if 'channel' in texts }}{{ regexp_matches(
            'lower(library_name)', "'([-_/.]|^|analytics)(node|python|ruby|rails|java|go|php|net|dotnet|csharp|elixir|rust|clojure)([-_/]|$)'"
        ) }}, false) or is_of_no_client as is_from_server
    from ({{ segment_call(source_name, table, relation, table in event_tables, own_columns, texts, ids) }}) as raw_{{ table }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro first_sent(columns, names, ignored=none) -%}
    coalesce(
        {%- for name in names if name in columns %}
        {{ raw_column(columns, name) if ignored is none else known_value(raw_column(columns, name), ignored, is_trimmed=true) }},
        {%- endfor %} cast(null as {{ dbt.type_string() }})
    )
{%- endmacro %}

{% macro segment_call(source_name, table, relation, is_event_table, own_columns, texts, ids) -%}
    {%- set columns, names, ignored = source_columns(relation), raw_columns(source_name), ignored_values() -%}
    {%- set of_event = names if is_event_table else {'revenue': [], 'currency': []} -%}
    {%- set of_table = names_in_segment_table(names, table, is_event_table, texts, ids) -%}
    {%- set event_type = {'pages': 'page', 'screens': 'screen', 'identifies': 'identify', 'groups': 'group', 'aliases': 'alias'}.get(table) -%}
    {%- set event_name = {'page': 'page_view', 'screen': 'screen_view'}.get(event_type, event_type) -%}
    {%- set arrives_by = raw_file(var(source_name ~ '_arrives_by', '_partitiontime')) -%}
    {%- set of_clients = texts.user_agent + texts.sent_url + texts.os_name + texts.device_model + ids.device_id -%}
    {%- set consents, properties, decisive = ['true'], {}, consent_columns(var(source_name ~ '_consent_categories')) -%}
    {%- for column in columns | sort if column not in own_columns -%}
        {%- if not column.startswith('context_') -%}
            {%- do properties.update({column: quoted_column(column)}) -%}
        {%- elif column.startswith('context_consent_category_preferences_') and column in (decisive or [column]) -%}
            {%- do consents.append(consent_given(raw_column(columns, column))) -%}
        {%- endif -%}
    {%- endfor -%}
    select
        {{ arrives_by }} as raw_file,
        {{ raw_row_number(relation) }} as raw_row_number,
        '{{ event_type or 'track' }}' as event_type,
        {{ consents | join(' and ') }} as is_consent_given,
        {#- A call that names no page, system and device, where others do, was sent by a server. #}
        {{ first_sent(columns, of_clients) ~ ' is null' if table not in ['pages', 'screens'] and of_clients | select('in', columns) | list else 'false' }}
            as is_of_no_client,
        {{ raw_column(columns, 'timestamp') }} is null and {{ raw_column(columns, 'original_timestamp') }} is null as is_without_time,
        {%- for name, sent in {'corrected_at': 'timestamp', 'client_occurred_at': 'original_timestamp', 'sent_at': 'sent_at', 'received_at': 'received_at'}.items() %}
        {{ to_utc_timestamp(sent if sent in columns else 'null') }} as {{ name }},
        {%- endfor %}
        {%- for name, sent in (texts.items() | list) + (ids.items() | list) %}
        {{ "'" ~ event_name ~ "'" if name == 'event_name' and event_name else first_sent(columns, of_table.get(name, sent), ignored if name in ids else none) }} as {{ name }},
        {%- endfor %}
        {{ json_column(columns, 'context_consent_management_denied_consent_ids') }} as denied_consents,
        {{ money_columns(of_event.revenue | select('in', columns) | list, first_sent(columns, of_event.currency), ignored) }},
        {{ json_object(properties, is_sparse=true) }} as properties
    from {{ relation }}
    {#- Rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions. #}
    where {{ arrives_by }} is not null
{%- endmacro %}

{% macro names_in_segment_table(names, table, is_event_table, texts, ids) -%}
    {#- The same name means something else in another table: a group has an email and a revenue of its own. -#}
    {%- set of_traits = {'sent_email': names.email + ids.sent_email, 'phone': names.phone + ids.phone} -%}
    {%- set of_tables = {
        'pages': {'sent_url': texts.sent_url + ['url'], 'sent_search': texts.sent_search + ['search'],
            'sent_path': texts.sent_path + ['path'], 'sent_referrer': texts.sent_referrer + ['referrer']},
        'identifies': of_traits, 'groups': {'account_id': ['group_id']}, 'aliases': {'previous_id': ['previous_id']}
    } -%}
    {{ return(of_tables.get(table, dict(of_traits, account_id=ids.account_id + names.account_id) if is_event_table else {})) }}
{%- endmacro %}
