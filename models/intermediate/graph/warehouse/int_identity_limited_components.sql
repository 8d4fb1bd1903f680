with rounds as (

    select * from {{ ref('int_identity_limited_rounds') }}

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

clusters as (

    select
        node_number,
        min(node_number) over (partition by parent_number) as anchor_number
    from rounds

),

final as (

    select
        ids.id_number,
        anchors.id_number as component_number
    from clusters
    inner join ids on clusters.node_number = ids.id_rank
    inner join ids as anchors on clusters.anchor_number = anchors.id_rank

)

select * from final
