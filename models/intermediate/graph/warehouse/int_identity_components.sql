with rounds as (

    select * from {{ ref('int_identity_component_rounds') }}

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

final as (

    select
        ids.id_number,
        anchors.id_number as component_number
    from rounds
    inner join ids on rounds.node_number = ids.id_rank
    inner join ids as anchors on rounds.parent_number = anchors.id_rank

)

select * from final
