{{ config(materialized='view') }}

with links as (

    select * from {{ ref('int_identity_links') }}

),

persons as (

    select * from {{ ref('int_identity_resolved') }}

),

final as (

    select
        persons_a.person_number,
        links.*
    from links
    inner join persons as persons_a on links.id_number_a = persons_a.id_number
    inner join persons as persons_b on links.id_number_b = persons_b.id_number
    where persons_a.person_number = persons_b.person_number

)

select * from final
