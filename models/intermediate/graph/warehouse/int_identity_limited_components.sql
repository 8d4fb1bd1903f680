with rounds as (

    select * from {{ ref('int_identity_limited_rounds') }}

),

ids as (

    select
        id_number_a as id_number,
        id_rank_a as id_rank,
        component_number
    from {{ ref('int_identity_contested_evidence') }}
    union distinct
    select
        id_number_b as id_number,
        id_rank_b as id_rank,
        component_number
    from {{ ref('int_identity_contested_evidence') }}

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
