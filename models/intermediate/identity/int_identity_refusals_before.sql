-- What kept clusters apart before this run, of the ids whose person is found again.
{{ config(meta={'lasts_for_a_run': true}) }}

with reclustered_ids as (

    select * from {{ ref('int_identity_reclustered_ids') }}

),

final as (

    {% if last_complete_load() > 0 %}
        select stored.*
        from {{ previous_run('int_identity_refusals') }} as stored
        inner join reclustered_ids on stored.cluster_a = reclustered_ids.id_number
    {% else %}
        select
            id_number as cluster_a,
            id_number as cluster_b,
            cast(null as {{ dbt.type_string() }}) as refusal_reason
        from reclustered_ids
        where false
    {% endif %}

)

select * from final
