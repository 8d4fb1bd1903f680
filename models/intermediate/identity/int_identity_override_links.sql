-- Kept between runs even after an erasure, or all overrides would seem new; it holds only ids that the graph still has.
-- depends_on: {{ ref('int_identity_override_links_before') }}
with overrides as (

    select
        *,
        {{ hash_64(['space_id', 'anonymous_id_a']) }} as overridden_id_a,
        {{ hash_64(['space_id', 'anonymous_id_b']) }} as overridden_id_b
    from {{ ref('identity_overrides') }}
    where override_type in ('always_link', 'never_link')

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select distinct
        least(ids_a.id_number, ids_b.id_number) as id_number_a,
        greatest(ids_a.id_number, ids_b.id_number) as id_number_b,
        overrides.override_type,
        greatest(ids_a.first_seen_at, ids_b.first_seen_at) as linked_at
    from overrides
    inner join ids as ids_a on overrides.overridden_id_a = ids_a.id_number
    inner join ids as ids_b on overrides.overridden_id_b = ids_b.id_number
    where ids_a.id_number != ids_b.id_number

)

select * from final
