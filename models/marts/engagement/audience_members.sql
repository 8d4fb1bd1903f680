{{ config(materialized='view') }}
{% set key = ['destination_name', 'audience_name', 'space_id', 'recipient'] %}
{% set membership = (key + ['membership_number']) | join(', ') %}

with changes as (

    select changes.*
    from {{ ref('audience_changes') }} as changes
    inner join {{ previous_run('event_loads') }} as loads on changes.load_number = loads.load_number
    where loads.is_complete and changes.recipient != 'erased'

),

numbered as (

    select
        *,
        sum(case when operation = 'add' then 1 else 0 end) over (
            partition by {{ key | join(', ') }} order by load_number rows between unbounded preceding and current row
        ) as membership_number
    from changes

),

with_ends as (

    select
        *,
        min(case when operation = 'remove' then load_number end) over (partition by {{ membership }}) as left_load_number
    from numbered

),

with_last_rows as (

    -- What is told of who is out, a merge for example, is no part of the membership before.
    select
        *,
        row_number() over (partition by {{ membership }} order by load_number desc) = 1 as is_last
    from with_ends
    where membership_number > 0 and (left_load_number is null or load_number <= left_load_number)

),

final as (

    select
        {{ key | join(', ') }},
        min(case when operation = 'add' then changed_at end) as entered_at,
        min(case when operation = 'remove' then changed_at end) as left_at,
        min(left_load_number) is null as is_current,
        min(case when operation = 'add' then load_number end) as entered_load_number,
        min(left_load_number) as left_load_number,
        min(case when operation = 'add' then reason end) as entered_reason,
        min(case when operation = 'remove' then reason end) as left_reason,
        min(case when is_last then payload_checksum end) as payload_checksum
    from with_last_rows
    group by {{ membership }}

)

select * from final
