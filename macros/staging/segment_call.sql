{% macro segment_call(source_name, table, relation, is_event_table, own_columns, texts, ids) -%}
    {%- set columns, names, ignored = source_columns(relation), raw_columns(source_name), ignored_values() -%}
    {#- The same name means something else in another table: a group has an email and a revenue of its own. -#}
    {%- set of_event = names if is_event_table else {'revenue': [], 'currency': []} -%}
    {%- set of_traits = {'sent_email': names.email + ids.sent_email, 'phone': names.phone + ids.phone} -%}
    {%- set of_table = {
        'pages': {'sent_url': texts.sent_url + ['url'], 'sent_search': texts.sent_search + ['search'],
            'sent_path': texts.sent_path + ['path'], 'sent_referrer': texts.sent_referrer + ['referrer']},
        'identifies': of_traits, 'groups': {'account_id': ['group_id']}, 'aliases': {'previous_id': ['previous_id']}
    }.get(table, dict(of_traits, account_id=ids.account_id + names.account_id) if is_event_table else {}) -%}
    {%- set event_type = {'pages': 'page', 'screens': 'screen', 'identifies': 'identify', 'groups': 'group', 'aliases': 'alias'}.get(table) -%}
    {%- set event_name = {'page': 'page_view', 'screen': 'screen_view'}.get(event_type, event_type) -%}
    {%- set arrives_by = raw_file(var(source_name ~ '_arrives_by', '_partitiontime')) -%}
    {%- set of_clients = texts.user_agent + texts.sent_url + texts.os_name + texts.device_model + ids.device_id -%}
    {%- set consents, properties = ['true'], {} -%}
    {%- for column in columns | sort if column not in own_columns -%}
        {%- set category = column | replace('context_consent_category_preferences_', '') -%}
        {%- if not column.startswith('context_') -%}
            {%- do properties.update({column: adapter.quote(column)}) -%}
        {%- elif category != column and category in (var(source_name ~ '_consent_categories') or [category]) -%}
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
