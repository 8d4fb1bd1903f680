-- Users whose row may have changed: changed ids, and members of persons whose household or organization changed.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

changed_memberships as (

    select * from {{ ref('int_group_memberships') }}
    where load_number > {{ last_complete_load() }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select
        id_number,
        space_id,
        anonymous_id
    from changed_ids
    union distinct
    select
        id_number,
        space_id,
        anonymous_id
    from changed_visitors
    union distinct
    select
        ids.id_number,
        ids.space_id,
        ids.anonymous_id
    from changed_memberships
    inner join resolved on changed_memberships.person_number = resolved.person_number
    inner join ids on resolved.id_number = ids.id_number

)

select * from final
