with links as (

    select * from {{ ref('int_identity_contested_links') }}

),

ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

final as (

    select
        links.id_rank_a as node_number_a,
        links.id_rank_b as node_number_b,
        row_number() over (
            partition by ids.component_number
            order by
                links.priority asc,
                links.evidence_count desc,
                links.linked_at asc,
                links.id_rank_a asc,
                links.id_rank_b asc
        ) as link_position
    from links
    inner join ids on links.id_rank_a = ids.id_rank

)

select * from final
