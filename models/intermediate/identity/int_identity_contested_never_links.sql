{{ config(materialized='view') }}

with contested_ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

never_links as (

    select * from {{ ref('int_identity_override_links') }}
    where override_type = 'never_link'

),

final as (

    select
        ids_a.id_rank as id_rank_a,
        ids_b.id_rank as id_rank_b
    from never_links
    inner join contested_ids as ids_a on never_links.id_number_a = ids_a.id_number
    inner join contested_ids as ids_b on never_links.id_number_b = ids_b.id_number

)

select * from final
