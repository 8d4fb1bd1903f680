-- Sessions whose published row may have changed: those of this run, those that they took the place of, and those of
-- visitors who belong to another person now.
{{ config(meta={'lasts_for_a_run': true}) }}

with touched_sessions as (

    select * from {{ ref('int_touched_sessions') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

moved_ids as (

    select changed_ids.id_number
    from changed_ids
    left join resolved on changed_ids.id_number = resolved.id_number
    where resolved.person_number is distinct from changed_ids.person_number_before

),

final as (

    select session_id
    from touched_sessions
    union distinct
    select session_id
    from sessions
    where load_number > {{ last_complete_load() }}
    union distinct
    select sessions.session_id
    from sessions
    inner join moved_ids on sessions.id_number = moved_ids.id_number

)

select * from final
{% if last_complete_load() == 0 %}
    -- A table that is made again takes all sessions.
    where false
{% endif %}
