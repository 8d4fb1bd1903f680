with overrides as (

    select
        *,
        {{ hash_64(['space_id', 'anonymous_id_a']) }} as overridden_id_a,
        {{ hash_64(['space_id', 'anonymous_id_b']) }} as overridden_id_b
    from {{ ref('identity_overrides') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select distinct
        overrides.override_type,
        least(ids_a.id_number, ids_b.id_number) as id_number_a,
        greatest(ids_a.id_number, ids_b.id_number) as id_number_b,
        cast(null as {{ dbt.type_bigint() }}) as key_number,
        greatest(ids_a.first_seen_at, ids_b.first_seen_at) as linked_at
    from overrides
    inner join ids as ids_a on overrides.overridden_id_a = ids_a.id_number
    inner join ids as ids_b on overrides.overridden_id_b = ids_b.id_number
    where overrides.override_type in ('always_link', 'never_link') and ids_a.id_number != ids_b.id_number
    union all
    select distinct
        override_type,
        cast(null as {{ dbt.type_bigint() }}) as id_number_a,
        cast(null as {{ dbt.type_bigint() }}) as id_number_b,
        {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number,
        cast(null as {{ dbt.type_timestamp() }}) as linked_at
    from overrides
    where override_type = 'block_key'

)

select * from final
