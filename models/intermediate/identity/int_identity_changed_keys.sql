-- Keys whose links have to be found again: those observed anew that link, or did, and those that began or ceased to.
{{ config(meta={'lasts_for_a_run': true}) }}

with linkable_keys as (

    -- A key seen with one id links nothing.
    select
        key_number,
        load_number
    from {{ ref('int_identity_keys') }}
    where drop_reason is null and id_count > 1

),

{% if last_complete_load() > 0 %}
    linkable_before as (

        select key_number
        from {{ previous_run('int_identity_linkable_keys') }}

    ),

    final as (

        select
            coalesce(linkable_keys.key_number, linkable_before.key_number) as key_number,
            linkable_keys.key_number is not null as is_linkable
        from linkable_keys
        full join linkable_before on linkable_keys.key_number = linkable_before.key_number
        where
            linkable_keys.key_number is null
            or linkable_before.key_number is null
            or linkable_keys.load_number > {{ last_complete_load() }}

    )
{% else %}
    final as (

        select
            key_number,
            true as is_linkable
        from linkable_keys

    )
{% endif %}

select * from final
