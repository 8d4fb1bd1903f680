-- What speaks directly for linking two anonymous ids, and what became of it: one row per key value that both were seen
-- with, and one per direct link without one (an override). A chain through other ids is what `identity-graph explain` finds.
--
--   dbt --quiet show --select explain_link --limit 50 --output json --vars '{explain_id_a: <id>, explain_id_b: <id>, explain_space: default}'
{% set space_id = dbt.escape_single_quotes(var('explain_space', 'default')) %}
{% set id_a = dbt.escape_single_quotes(var('explain_id_a', '')) %}
{% set id_b = dbt.escape_single_quotes(var('explain_id_b', '')) %}

with users as (

    -- Of an id that several users shared, name one's part (shared_devices.node_id).
    select
        ids.space_id,
        ids.node_id as anonymous_id,
        anchors.node_id as universal_id,
        resolved.is_outlier_component
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join {{ ref('int_identity_ids') }} as anchors on resolved.person_number = anchors.id_number

),

observations as (

    select
        ids.space_id,
        ids.node_id as anonymous_id,
        observations.key_type,
        key_values.key_value,
        observations.key_number,
        observations.observed_date
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number
    inner join {{ ref('int_identity_key_values') }} as key_values on observations.key_number = key_values.key_number
    where ids.space_id = '{{ space_id }}'

),

keys as (

    select * from {{ ref('int_identity_keys') }}
    where space_id = '{{ space_id }}'

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled

),

pair as (

    select
        users_a.space_id,
        users_a.anonymous_id as anonymous_id_a,
        users_b.anonymous_id as anonymous_id_b,
        users_a.universal_id as universal_id_a,
        users_b.universal_id as universal_id_b,
        users_a.universal_id = users_b.universal_id as is_same_person,
        users_a.is_outlier_component or users_b.is_outlier_component as is_dissolved
    from users as users_a
    inner join users as users_b on users_a.space_id = users_b.space_id
    where
        users_a.space_id = '{{ space_id }}'
        and users_a.anonymous_id = '{{ id_a }}'
        and users_b.anonymous_id = '{{ id_b }}'

),

links as (

    -- The direction of a link says nothing.
    select * from {{ ref('identity_links') }}
    where
        space_id = '{{ space_id }}'
        and (
            (anonymous_id_a = '{{ id_a }}' and anonymous_id_b = '{{ id_b }}')
            or (anonymous_id_a = '{{ id_b }}' and anonymous_id_b = '{{ id_a }}')
        )

),

shared_keys as (

    select
        observations_a.key_type,
        observations_a.key_value,
        observations_a.key_number,
        min(abs({{ dbt.datediff('observations_a.observed_date', 'observations_b.observed_date', 'day') }}))
            as gap_days,
        count(distinct case
            when observations_a.observed_date = observations_b.observed_date then observations_a.observed_date
        end) as shared_date_count
    from observations as observations_a
    inner join observations as observations_b on observations_a.key_number = observations_b.key_number
    where
        observations_a.anonymous_id = '{{ id_a }}'
        and observations_b.anonymous_id = '{{ id_b }}'
    group by observations_a.key_type, observations_a.key_value, observations_a.key_number

),

evidence as (

    select
        '{{ space_id }}' as space_id,
        coalesce(shared_keys.key_type, links.key_type) as key_type,
        coalesce(shared_keys.key_value, links.key_value) as key_value,
        shared_keys.key_number,
        shared_keys.gap_days,
        shared_keys.shared_date_count,
        links.earlier_date,
        links.later_date,
        links.linked_at,
        links.key_confidence,
        links.confidence,
        links.is_accepted,
        links.refusal_reason
    from shared_keys
    full outer join links
        on
            shared_keys.key_type = links.key_type
            and shared_keys.key_value = links.key_value

),

final as (

    select
        pair.*,
        evidence.key_type,
        evidence.key_value,
        evidence.gap_days,
        evidence.shared_date_count,
        evidence.earlier_date,
        evidence.later_date,
        evidence.linked_at,
        evidence.key_confidence,
        evidence.confidence,
        evidence.is_accepted,
        evidence.refusal_reason,
        keys.window_id_count as key_id_count,
        rules.window_days,
        case
            when evidence.key_type is null then 'no key in common'
            when evidence.is_accepted then 'linked'
            when evidence.refusal_reason is not null then 'refused: ' || evidence.refusal_reason
            when evidence.is_accepted is not null then 'refused'
            when keys.drop_reason is not null then 'dropped key: ' || keys.drop_reason
            when rules.window_days is null then 'links no individuals'
            when
                rules.corroboration is not null
                and count(evidence.linked_at) over (partition by evidence.key_type) > 0
                then 'corroborates another value of this key'
            when rules.corroboration is not null then 'not corroborated'
            when evidence.gap_days > rules.window_days then 'out of window'
            when pair.is_dissolved then 'refused: outlier_component'
            when not pair.is_same_person then 'refused between ids seen in between'
            -- Within a key only neighbours in time are linked; the others follow from them.
            else 'linked through ids seen in between'
        end as verdict
    from pair
    left join evidence on pair.space_id = evidence.space_id
    left join keys on evidence.key_number = keys.key_number
    left join rules on evidence.key_type = rules.key_type

)

select * from final
order by key_type, key_value
