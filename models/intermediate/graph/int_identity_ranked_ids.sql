with ids as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select
        ids.id_number,
        ids.space_id,
        ids.anonymous_id,
        ids.first_seen_at,
        ids.first_visit_at,
        -- By first visit, so that the smallest rank of a component is its anchor.
        row_number() over (order by {{ anchor_order('ids.id_number') }}) as id_rank
    from ids

)

select * from final
