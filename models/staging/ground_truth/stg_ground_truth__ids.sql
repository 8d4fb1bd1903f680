{% set is_demo = target.type == 'duckdb' and env_var('IDENTITY_EVENTS', '') == '' and not var('generic_events_relation') %}
{% set is_truth_known = is_demo or env_var('IDENTITY_TRUTH', '') != '' %}

with source as (

    {% if is_truth_known %}
        select * from {{ source('ground_truth', 'ids') }}
    {% else %}
        -- Of other events nobody knows the truth: no rows.
        select
            cast(null as {{ dbt.type_string() }}) as space_id,
            cast(null as {{ dbt.type_string() }}) as anonymous_id,
            cast(null as {{ dbt.type_string() }}) as person_id
        limit 0
    {% endif %}

),

final as (

    select
        space_id,
        anonymous_id,
        person_id
    from source

)

select * from final
