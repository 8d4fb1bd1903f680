{{ config(materialized='view') }}

with links as (

    select * from {{ ref('int_identity_links') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

final as (

    select
        resolved_a.person_number,
        links.*
    from links
    inner join resolved as resolved_a on links.id_number_a = resolved_a.id_number
    inner join resolved as resolved_b on links.id_number_b = resolved_b.id_number
    where resolved_a.person_number = resolved_b.person_number

)

select * from final
