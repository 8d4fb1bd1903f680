with ids as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select
        ids.id_number,
        ids.space_id,
        ids.node_id,
        ids.first_seen_at,
        ids.first_visit_at,
        -- By first visit, so that the smallest rank of a component is its anchor.
        row_number() over (
            order by
                -- Records and servers know of a person before the first visit; only where nobody visited is the first of them the anchor.
                case when ids.first_visit_at is null then 1 else 0 end,
                coalesce(ids.first_visit_at, ids.first_seen_at),
                ids.node_id,
                ids.space_id,
                ids.id_number
        ) as id_rank
    from ids

)

select * from final
