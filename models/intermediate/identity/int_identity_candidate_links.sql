-- Evidence found by the cheap methods; components that break a limit are linked again, pair by pair.
{{ config(materialized='view') }}

with chain_links as (

    select * from {{ ref('int_identity_chain_links') }}

),

mutual_best_links as (

    select * from {{ ref('int_identity_mutual_best_links') }}

),

override_links as (

    select * from {{ ref('int_identity_override_links') }}
    where override_type = 'always_link'

),

final as (

    select * from chain_links
    union all
    select * from mutual_best_links
    union all
    select
        id_number_a,
        id_number_b,
        'override' as key_type,
        {{ hash_64(["'override'"]) }} as key_number,
        cast(linked_at as date) as earlier_date,
        cast(linked_at as date) as later_date,
        linked_at,
        'override' as link_method
    from override_links

)

select * from final
