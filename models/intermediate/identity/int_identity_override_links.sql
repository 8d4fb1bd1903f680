with overrides as (

    select * from {{ ref('identity_overrides') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select distinct
        overrides.space_id,
        least(ids_a.id_number, ids_b.id_number) as id_number_a,
        greatest(ids_a.id_number, ids_b.id_number) as id_number_b,
        overrides.override_type,
        greatest(ids_a.first_visit_at, ids_b.first_visit_at) as linked_at
    from overrides
    inner join ids as ids_a
        on
            overrides.space_id = ids_a.space_id
            and overrides.anonymous_id_a = ids_a.anonymous_id
    inner join ids as ids_b
        on
            overrides.space_id = ids_b.space_id
            and overrides.anonymous_id_b = ids_b.anonymous_id
    where
        overrides.override_type in ('always_link', 'never_link')
        and ids_a.id_number != ids_b.id_number

)

select * from final
