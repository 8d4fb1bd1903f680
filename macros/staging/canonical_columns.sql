{% macro canonical_columns() -%}
    {#- What every stg_<source>__events gives. -#}
    {{ return([
        'raw_file', 'raw_row_number', 'event_id', 'source_name', 'space_id', 'app_id', 'event_type', 'event_name', 'schema_version',
        'occurred_at', 'received_at', 'anonymous_id', 'device_id', 'platform', 'os', 'browser', 'is_in_app_browser', 'user_id',
        'email_hash', 'email_domain_hash', 'phone_hash', 'account_id', 'ip_token', 'click_id', 'click_id_type', 'source_session_id',
        'custom_keys', 'has_consent',
        'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'referrer_host', 'page_path', 'order_id',
        'revenue_amount', 'currency_code', 'properties', 'source_rejection_reason'
    ]) }}
{%- endmacro %}

{% macro event_number() -%}
    {#- Rows of a table have no place in it, so they are told apart by what they say; rows that say the same are counted. -#}
    {%- set columns = canonical_columns() | reject('in', ['raw_file', 'raw_row_number']) | join(', ') -%}
    {%- set content = 'hash(' ~ columns ~ ')' if target.type == 'duckdb' else 'farm_fingerprint(to_json_string(struct(' ~ columns ~ ')))' -%}
    {%- set by_content = hash_64(
        ['source_name', 'raw_file', content, 'row_number() over (partition by source_name, raw_file, ' ~ content ~ ')']
    ) -%}
    {%- set by_place = hash_64(['raw_file']) ~ ' + raw_row_number' -%}
    {{ by_content if target.type != 'duckdb' else 'coalesce(' ~ by_place ~ ', ' ~ by_content ~ ')' if var('generic_events_relation') else by_place }}
{%- endmacro %}

{% macro select_malformed_rows(source_name) -%}
    {#- Lines that are no rows, as events that are rejected; empty where this run met none. -#}
    {% set malformed, columns = relation_named('malformed_raw_rows') if execute and model.resource_type != 'unit_test' and not flags.EMPTY else none, [] %}
    {% set of_this_run = 'where source_name = ' ~ sql_text(source_name) ~ ' and load_number = ' ~ current_load() %}
    {#- Rows count from 0 or 1 on, so that these count downwards. -#}
    {% set known = {
        'raw_file': 'raw_file', 'raw_row_number': '-row_place', 'source_name': 'source_name', 'space_id': "'default'",
        'is_in_app_browser': 'false', 'has_consent': 'true', 'source_rejection_reason': "'malformed_row: line ' || line_number"
    } %}
    {% for name in canonical_columns() %}
        {% do columns.append(known.get(name, 'null') ~ ' as ' ~ name) %}
    {% endfor %}
    {% set is_met = malformed and stored_rows(malformed, '1', of_this_run ~ ' limit 1') %}
    {{ return('select ' ~ columns | join(', ') ~ ' from ' ~ malformed ~ ' ' ~ of_this_run if is_met else '') }}
{%- endmacro %}
