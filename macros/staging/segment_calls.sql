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
