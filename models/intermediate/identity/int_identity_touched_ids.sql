-- Ids whose links may have changed: those with new events, and those observed with a key whose links changed.
{{ config(meta={'lasts_for_a_run': true}) }}

with visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

changed_keys as (

    select * from {{ ref('int_identity_changed_keys') }}

),

observations as (

    select * from {{ ref('int_identity_observations') }}

),

final as (

    select id_number
    from visitors
    union distinct
    select observations.id_number
    from observations
    inner join changed_keys on observations.key_number = changed_keys.key_number

)

select * from final
