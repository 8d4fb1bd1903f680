-- A limit that the whole component keeps refuses nothing; only the others are looked at, round after round.
with limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

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

value_counts as (

    select
        ids.id_rank,
        limited_values.*,
        count(distinct limited_values.key_number) over (
            partition by ids.component_number, limited_values.key_type
        ) as component_value_count
    from limited_values
    inner join ids on limited_values.id_number = ids.id_number

),

final as (

    select
        id_rank as node_number,
        key_type,
        key_number,
        max_values_per_profile
    from value_counts
    where component_value_count > max_values_per_profile

)

select * from final
