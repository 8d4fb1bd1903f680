-- An id whose events are all without consent is neither observed, nor linked, nor a user.
with ids_without_consent as (

    select
        id_number,
        space_id,
        anonymous_id
    from {{ ref('int_events') }}
    group by id_number, space_id, anonymous_id
    having max(case when is_observed then 1 else 0 end) = 0

),

graph_ids as (

    select
        'int_identity_observations' as model_name,
        ids_without_consent.space_id,
        ids_without_consent.anonymous_id
    from {{ ref('int_identity_observations') }} as observations
    inner join ids_without_consent on observations.id_number = ids_without_consent.id_number
    union all
    select
        'users' as model_name,
        space_id,
        anonymous_id
    from {{ ref('users') }}
    union all
    select
        'users' as model_name,
        space_id,
        universal_id as anonymous_id
    from {{ ref('users') }}

)

select distinct graph_ids.*
from graph_ids
inner join ids_without_consent
    on
        graph_ids.space_id = ids_without_consent.space_id
        and graph_ids.anonymous_id = ids_without_consent.anonymous_id
