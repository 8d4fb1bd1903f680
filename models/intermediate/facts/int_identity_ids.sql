{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with events as (

    select * from {{ ref('int_uncounted_events') }}
    where is_observed

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

counted as (

    select
        id_number,
        {{ dbt.any_value('space_id') }} as space_id,
        {{ dbt.any_value('anonymous_id') }} as anonymous_id,
        {{ dbt.any_value('visitor_number') }} as visitor_number,
        {{ dbt.any_value('node_id') }} as node_id,
        min(occurred_at) as first_seen_at,
        min(case when is_visit then occurred_at end) as first_visit_at,
        max(occurred_at) as last_seen_at,
        count(*) as event_count,
        min(user_id) as first_user_id,
        max(user_id) as last_user_id,
        min(account_id) as first_account_id,
        max(account_id) as last_account_id,
        min(source_name) as first_source_name,
        max(source_name) as last_source_name
    from events
    group by id_number
    {% if is_incremental() %}
        union all
        select stored.*
        from {{ this }} as stored
        inner join visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

final as (

    select
        id_number,
        {{ dbt.any_value('space_id') }} as space_id,
        {{ dbt.any_value('anonymous_id') }} as anonymous_id,
        {{ dbt.any_value('visitor_number') }} as visitor_number,
        {{ dbt.any_value('node_id') }} as node_id,
        min(first_seen_at) as first_seen_at,
        min(first_visit_at) as first_visit_at,
        max(last_seen_at) as last_seen_at,
        cast(sum(event_count) as {{ dbt.type_bigint() }}) as event_count,
        -- In the order of the alphabet; they differ where an id was seen with more than one.
        min(first_user_id) as first_user_id,
        max(last_user_id) as last_user_id,
        min(first_account_id) as first_account_id,
        max(last_account_id) as last_account_id,
        min(first_source_name) as first_source_name,
        max(last_source_name) as last_source_name
    from counted
    group by id_number

)

select * from final
