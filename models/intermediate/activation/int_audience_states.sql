{{ config(materialized='view') }}
{% set changes = previous_run('audience_changes') %}
{% set has_changes = not execute or model.resource_type == 'unit_test' or load_relation(changes) is not none %}

with changes as (

    {% if has_changes %}
        -- What a run wrote that failed later was never told.
        select changes.*
        from {{ changes }} as changes
        inner join {{ previous_run('event_loads') }} as loads on changes.load_number = loads.load_number
        where loads.is_complete
    {% else %}
        -- Before the first run.
        {% set text = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
        select
            {% for column in ['destination_name', 'audience_name', 'space_id', 'recipient', 'operation', 'reason', 'related_recipient', 'payload_checksum'] %}
                {{ text }} as {{ column }},
            {% endfor %}
            cast(null as {{ dbt.type_bigint() }}) as load_number,
            cast(null as {{ dbt.type_timestamp() }}) as changed_at
        from (select 1 as one) as nothing
        where false
    {% endif %}

),

with_turns as (

    select
        *,
        max(case when operation = 'add' then load_number end) over (partition by destination_name, audience_name, space_id, recipient)
            as added_in_load,
        max(case when operation = 'remove' then load_number end) over (partition by destination_name, audience_name, space_id, recipient)
            as removed_in_load,
        max(case when operation != 'update' then changed_at end) over (partition by destination_name, audience_name, space_id, recipient)
            as turned_at
    from changes
    qualify row_number() over (
        partition by destination_name, audience_name, space_id, recipient order by load_number desc, operation asc, reason asc
    ) = 1

),

final as (

    select
        destination_name,
        audience_name,
        space_id,
        recipient,
        load_number,
        reason,
        changed_at,
        coalesce(added_in_load > coalesce(removed_in_load, 0), false) as is_member,
        turned_at,
        case when reason = 'merged_into' then related_recipient end as merged_into,
        payload_checksum
    from with_turns

)

select * from final
