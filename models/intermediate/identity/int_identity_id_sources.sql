{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with events as (

    select
        id_number,
        source_name
    from {{ ref('int_uncounted_events') }}
    where is_observed

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

final as (

    select distinct
        id_number,
        source_name
    from events
    {% if is_incremental() %}
        union distinct
        select
            stored.id_number,
            stored.source_name
        from {{ this }} as stored
        inner join visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

)

select * from final
