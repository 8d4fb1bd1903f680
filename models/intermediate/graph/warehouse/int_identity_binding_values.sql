-- A limit that the whole component keeps refuses nothing; only the others are looked at, round after round.
with contested_values as (

    select * from {{ ref('int_identity_contested_values') }}

),

ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

value_counts as (

    select
        contested_values.*,
        count(distinct contested_values.key_number) over (
            partition by ids.component_number, contested_values.key_type
        ) as component_value_count
    from contested_values
    inner join ids on contested_values.id_rank = ids.id_rank

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
