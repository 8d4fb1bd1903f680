-- The kinds of keys that each id was seen with.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with changed_visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

ids as (

    select id_number
    from {{ ref('int_identity_ids') }}
    {% if is_incremental() %}
        where id_number in (select id_number from changed_visitors)
    {% endif %}

),

observations as (

    select * from {{ ref('int_identity_observations') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

id_key_types as (

    select distinct
        observations.id_number,
        observations.key_type
    from observations
    inner join rules on observations.key_type = rules.key_type
    {% if is_incremental() %}
        inner join changed_visitors on observations.id_number = changed_visitors.id_number
    {% endif %}

),

final as (

    select
        ids.id_number,
        count(id_key_types.key_type) as key_type_count,
        coalesce({{ dbt.listagg('id_key_types.key_type', "' + '", 'order by id_key_types.key_type') }}, 'none')
            as key_combination
    from ids
    left join id_key_types on ids.id_number = id_key_types.id_number
    group by ids.id_number

)

select * from final
