-- Copies are marked among the events too, or every reader would have to look for the few among all.
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_hash',
        pre_hook="{% if is_incremental() %}
            delete from {{ this }} where event_hash in (select event_hash from {{ ref('int_removed_events') }})
        {% endif %}",
        post_hook=["{% if last_complete_load() == 0 or may_hold_rows(ref('int_removed_events')) %}
            update {{ ref('int_events_received').render() }} set is_duplicate = false
            where is_duplicate {{ 'and event_hash in (select event_hash from ' ~ ref('int_removed_events') ~ ')' if last_complete_load() > 0 }}
        {% endif %}", "
            update {{ ref('int_events_received').render() }} set is_duplicate = true
            where event_number in (select event_number from {{ this }} where found_in_load > {{ last_complete_load() }})
            and {{ is_of_loads('load_number', this, 'found_in_load > ' ~ last_complete_load()) }}
        "]
    )
}}
{% set content = [
    dbt.datediff("'1970-01-01'", 'received.occurred_at', 'microsecond'),
    'cast(cast(received.revenue_amount as ' ~ type_decimal(28, 4) ~ ') * 10000 as ' ~ dbt.type_bigint() ~ ')',
    custom_keys_text('received.custom_keys'),
    'event_name', 'event_type', 'schema_version', 'space_id', 'app_id', 'anonymous_id', 'device_id', 'user_id', 'email_hash',
    'email_domain_hash', 'phone_hash', 'ip_token', 'account_id', 'click_id', 'click_id_type', 'source_session_id', 'order_id', 'currency_code', 'has_consent', 'page_path',
    'referrer_host', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'platform', 'os', 'browser',
    'is_in_app_browser', 'properties'
] %}
{% set changed_hashes -%}
    select event_hash
    from {{ ref('int_events_received') }}
    where load_number > {{ last_complete_load() }} and rejection_reason is null and not is_buffered
    {% if may_hold_rows(ref('int_removed_events')) %}
        union all
        select event_hash
        from {{ ref('int_removed_events') }}
    {% endif %}
{%- endset %}
{% set is_changed = 'event_hash in (' ~ changed_hashes ~ ')' if is_incremental() else 'true' %}
{% set is_of_their_loads = is_of_loads('load_number', ref('int_events_received'), is_changed) %}

-- depends_on: {{ ref('int_removed_events') }}, {{ ref('int_erasure_receipts') }}
with repeated_hashes as (

    -- Hashes group faster than ids; two ids of one hash are told apart below.
    select event_hash
    from {{ ref('int_events_received') }}
    where rejection_reason is null and not is_buffered and {{ is_changed }} and {{ is_of_their_loads }}
    group by event_hash
    having count(*) > 1

),

repeated_events as (

    select
        received.event_number,
        received.event_hash,
        received.load_number,
        received.source_name,
        received.event_id,
        received.received_at
    from {{ ref('int_events_received') }} as received
    inner join repeated_hashes on received.event_hash = repeated_hashes.event_hash
    where received.rejection_reason is null and not received.is_buffered and {{ is_of_their_loads }}

),

tied_events as (

    select event_number from repeated_events
    qualify count(*) over (partition by source_name, event_id, received_at) > 1

),

tied_contents as (

    -- Whole events are read only where the time of receipt does not say which came first. The hash is the same on every engine.
    select
        received.event_number,
        received.has_consent,
        {{ surrogate_key(content) }} as content_hash
    from {{ ref('int_events_received') }} as received
    inner join tied_events on received.event_number = tied_events.event_number
    where {{ is_of_their_loads }}

),

duplicates as (

    -- The first received stays; of those received at one moment one without consent, if there is any. Copies that are alike in every
    -- column are told apart by when and where they were read.
    select repeated_events.*
    from repeated_events
    left join tied_contents on repeated_events.event_number = tied_contents.event_number
    qualify
        row_number() over (
            partition by repeated_events.source_name, repeated_events.event_id
            order by
                repeated_events.received_at, tied_contents.has_consent, tied_contents.content_hash,
                repeated_events.load_number, repeated_events.event_number
        ) > 1

),

final as (

    select
        duplicates.*,
        coalesce(
            {{ 'known_duplicates.found_in_load' if is_incremental() else 'null' }}, cast({{ current_load() }} as {{ dbt.type_bigint() }})
        ) as found_in_load
    from duplicates
    {% if is_incremental() %}
        left join {{ this }} as known_duplicates on duplicates.event_number = known_duplicates.event_number
    {% endif %}

)

select * from final
