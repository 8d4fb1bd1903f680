-- An id whose events are all without consent is neither observed, nor linked, nor a user.
with ids_without_consent as (

    select id_number
    from {{ ref('int_events') }}
    where {{ is_of_this_run('id_number') }}
    group by id_number
    having max(case when is_observed then 1 else 0 end) = 0

),

graph_ids as (

    select
        'int_identity_observations' as model_name,
        id_number
    from {{ ref('int_identity_observations') }}
    union all
    select
        'users' as model_name,
        {{ hash_64(['space_id', 'anonymous_id']) }} as id_number
    from {{ ref('users') }}
    union all
    select
        'users' as model_name,
        {{ hash_64(['space_id', 'universal_id']) }} as id_number
    from {{ ref('users') }}

)

select distinct graph_ids.*
from graph_ids
inner join ids_without_consent on graph_ids.id_number = ids_without_consent.id_number
