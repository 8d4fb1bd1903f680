with overrides as (

    select
        *,
        {{ hash_64(['space_id', 'anonymous_id_a']) }} as id_number_a,
        {{ hash_64(['space_id', 'anonymous_id_b']) }} as id_number_b,
        {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number
    from {{ ref('identity_overrides') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

shared_ids as (

    select distinct visitor_number as id_number
    from {{ ref('int_shared_events') }}

),

observed_keys as (

    select key_number
    from {{ ref('int_identity_keys') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

refusals as (

    select * from {{ ref('int_identity_refusals') }}

),

contradictions as (

    select distinct
        least(always_links.id_number_a, always_links.id_number_b) as id_number_a,
        greatest(always_links.id_number_a, always_links.id_number_b) as id_number_b
    from overrides as always_links
    inner join overrides as never_links
        on
            least(always_links.id_number_a, always_links.id_number_b) = least(never_links.id_number_a, never_links.id_number_b)
            and greatest(always_links.id_number_a, always_links.id_number_b)
            = greatest(never_links.id_number_a, never_links.id_number_b)
    where always_links.override_type = 'always_link' and never_links.override_type = 'never_link'

),

final as (

    select
        overrides.override_type,
        overrides.space_id,
        overrides.anonymous_id_a,
        overrides.anonymous_id_b,
        overrides.key_type,
        overrides.key_value,
        overrides.reason,
        overrides.owner,
        case
            when overrides.override_type = 'block_key' and observed_keys.key_number is null then 'unknown_key'
            when overrides.override_type = 'block_key' then 'applied'
            when coalesce(ids_a.id_number, shared_a.id_number) is null or coalesce(ids_b.id_number, shared_b.id_number) is null then 'unknown_id'
            when ids_a.id_number = ids_b.id_number then 'same_id'
            when contradictions.id_number_a is not null then 'contradicts_another'
            when overrides.override_type = 'never_link' then 'applied'
            -- Which of its users is joined? shared_devices names each.
            when coalesce(shared_a.id_number, shared_b.id_number) is not null then 'shared_id'
            -- The never_link may name third ids.
            when refusals.refusal_reason = 'override: never_link' then 'contradicts_another'
            when resolved_a.linked_component_number != resolved_b.linked_component_number then 'breaks_limit'
            when resolved_a.person_number != resolved_b.person_number then 'outlier_component'
            else 'applied'
        end as status
    from overrides
    left join ids as ids_a
        on
            overrides.space_id = ids_a.space_id
            and overrides.anonymous_id_a = ids_a.node_id
    left join ids as ids_b
        on
            overrides.space_id = ids_b.space_id
            and overrides.anonymous_id_b = ids_b.node_id
    left join shared_ids as shared_a on overrides.id_number_a = shared_a.id_number
    left join shared_ids as shared_b on overrides.id_number_b = shared_b.id_number
    left join observed_keys on overrides.key_number = observed_keys.key_number
    left join contradictions
        on
            least(ids_a.id_number, ids_b.id_number) = contradictions.id_number_a
            and greatest(ids_a.id_number, ids_b.id_number) = contradictions.id_number_b
    left join resolved as resolved_a on ids_a.id_number = resolved_a.id_number
    left join resolved as resolved_b on ids_b.id_number = resolved_b.id_number
    left join refusals
        on
            least(resolved_a.linked_component_number, resolved_b.linked_component_number) = refusals.cluster_a
            and greatest(resolved_a.linked_component_number, resolved_b.linked_component_number) = refusals.cluster_b

)

select * from final
