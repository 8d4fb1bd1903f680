{% macro segment_call(source_name, table, relation, is_event_table, own_columns, group_columns) -%}
    {%- set columns = source_columns(relation) -%}
    {%- set names = raw_columns(source_name) -%}
    {%- set ignored = ignored_values() -%}
    {#- The same name means something else in another table: a group has an email and a revenue of its own. -#}
    {%- set of_event = names if is_event_table else {} -%}
    {%- set of_traits = names if table == 'identifies' else of_event -%}
    {%- set revenues = of_event.get('revenue', []) | select('in', columns) | list -%}
    {%- set currencies = [] -%}
    {%- for column in of_event.get('currency', []) + [''] if column in columns or not column -%}
        {%- do currencies.append(raw_column(columns, column)) -%}
    {%- endfor -%}
    {%- set times = {
        'corrected_at': 'timestamp', 'client_occurred_at': 'original_timestamp', 'sent_at': 'sent_at', 'received_at': 'received_at'
    } -%}
    {%- set event_type = {'pages': 'page', 'screens': 'screen', 'identifies': 'identify', 'groups': 'group', 'aliases': 'alias'}.get(table) -%}
    {%- set event_name = {'page': 'page_view', 'screen': 'screen_view'}.get(event_type, event_type) -%}
    {%- set texts = {
        'event_id': ['id'], 'event_name': ['event', 'event_text'], 'app_id': ['context_app_name'], 'user_agent': ['context_user_agent'],
        'library_name': ['context_library_name'], 'channel': ['channel'] | select('in', own_columns) | list,
        'os_name': ['context_os_name'], 'device_model': ['context_device_model'], 'is_told_bot': ['context_is_bot'],
        'sent_ip': ['context_ip', 'context_request_ip'], 'denied_consents': ['context_consent_management_denied_consent_ids']
    } -%}
    {%- for name in ['url', 'search', 'path', 'referrer'] -%}
        {%- do texts.update({'sent_' ~ name: ['context_page_' ~ name] + ([name] if table == 'pages' else [])}) -%}
    {%- endfor -%}
    {%- for name in ['source', 'medium', 'name', 'content', 'term'] -%}
        {%- do texts.update({'campaign_' ~ name: ['context_campaign_' ~ name]}) -%}
    {%- endfor -%}
    {%- set ids = {
        'anonymous_id': ['anonymous_id'], 'user_id': ['user_id'], 'previous_id': ['previous_id'] if table == 'aliases' else [],
        'device_id': ['context_device_id'], 'source_session_id': ['context_session_id'], 'order_id': names.order_id,
        'account_id': (['group_id'] if table == 'groups' else group_columns) + of_event.get('account_id', []),
        'sent_email': of_traits.get('email', []) + ['context_traits_email'],
        'phone': of_traits.get('phone', []) + ['context_traits_phone']
    } -%}
    {%- for rule in custom_key_rules(source_name) -%}
        {%- do ids.update({'custom_key_' ~ loop.index: [rule.key_type]}) -%}
    {%- endfor -%}
    {%- set consents = ['true'] -%}
    {%- set properties = {} -%}
    {%- for column in columns | sort if column not in own_columns -%}
        {%- set category = column | replace('context_consent_category_preferences_', '') -%}
        {%- if not column.startswith('context_') -%}
            {%- do properties.update({column: adapter.quote(column)}) -%}
        {%- elif category != column and category in (var(source_name ~ '_consent_categories') or [category]) -%}
            {%- do consents.append("coalesce(lower(" ~ raw_column(columns, column) ~ "), 'true') in ('true', '1')") -%}
        {%- endif -%}
    {%- endfor -%}
    select
        {{ raw_file(var(source_name ~ '_arrives_by', '_partitiontime')) }} as raw_file,
        {{ raw_row_number(relation) }} as raw_row_number,
        '{{ event_type or 'track' }}' as event_type,
        {{ consents | join(' and ') }} as is_consent_given,
        {{ raw_column(columns, 'timestamp') }} is null and {{ raw_column(columns, 'original_timestamp') }} is null as is_without_time,
        {%- for name, sent in times.items() %}
        {{ to_utc_timestamp(sent if sent in columns else 'null') }} as {{ name }},
        {%- endfor %}
        {%- for name, sent in (texts.items() | list) + (ids.items() | list) %}
        coalesce(
            {{- "'" ~ event_name ~ "'," if name == 'event_name' and event_name }}
            {%- for column in sent if column in columns %}
            {{ known_value(raw_column(columns, column), ignored) if name in ids else raw_column(columns, column) }},
            {%- endfor %} cast(null as {{ dbt.type_string() }})
        ) as {{ name }},
        {%- endfor %}
        {{ money_columns(revenues, 'coalesce(' ~ currencies | join(', ') ~ ')', ignored) }},
        {{ json_object(properties, is_sparse=true) }} as properties
    from {{ relation }}
    {%- if target.type == 'bigquery' %}
    -- Rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions.
    where {{ raw_file(var(source_name ~ '_arrives_by', '_partitiontime')) }} is not null
    {%- endif %}
{%- endmacro %}
