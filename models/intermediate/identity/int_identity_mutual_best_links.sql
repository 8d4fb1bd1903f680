{{ config(materialized='view') }}

with best_partners as (

    select * from {{ ref('int_identity_best_partners') }}

),

final as (

    select
        best_of_a.id_number as id_number_a,
        best_of_b.id_number as id_number_b,
        best_of_a.key_type,
        best_of_a.key_number,
        best_of_a.earlier_date,
        best_of_a.later_date,
        best_of_a.known_at as linked_at,
        'mutual_best' as link_method
    from best_partners as best_of_a
    inner join best_partners as best_of_b
        on
            best_of_a.partner_id_number = best_of_b.id_number
            and best_of_a.id_number = best_of_b.partner_id_number
            and best_of_a.key_type = best_of_b.key_type
            and best_of_a.id_number < best_of_b.id_number

)

select * from final
