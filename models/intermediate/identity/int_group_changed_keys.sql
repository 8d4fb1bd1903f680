-- Keys whose links between persons have to be found again: those observed anew that link, or did, and those that began or
-- ceased to.
{{ config(meta={'lasts_for_a_run': true}) }}

with linkable_keys as (

    -- A key seen with one person at a time links nothing.
    select
        resolution_level,
        key_number,
        window_days,
        load_number
    from {{ ref('int_group_keys') }}
    where drop_reason is null and window_person_count > 1

),

{% if last_complete_load() > 0 %}
    linkable_before as (

        select * from {{ previous_run('int_group_linkable_keys') }}

    ),

    final as (

        select
            coalesce(linkable_keys.resolution_level, linkable_before.resolution_level) as resolution_level,
            coalesce(linkable_keys.key_number, linkable_before.key_number) as key_number,
            linkable_keys.window_days,
            linkable_keys.key_number is not null as is_linkable
        from linkable_keys
        full join linkable_before
            on
                linkable_keys.resolution_level = linkable_before.resolution_level
                and linkable_keys.key_number = linkable_before.key_number
        where
            linkable_keys.key_number is null
            or linkable_before.key_number is null
            or linkable_keys.load_number > {{ last_complete_load() }}

    )
{% else %}
    final as (

        select
            resolution_level,
            key_number,
            window_days,
            true as is_linkable
        from linkable_keys

    )
{% endif %}

select * from final
