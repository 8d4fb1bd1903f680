-- A source that source_priority names by a slip is one that nothing comes from, and the right one comes last, with those that are not named.
{{ config(severity='warn', enabled=('traits' in var('optional_marts'))) }}

with named as (

    select
        cast(null as {{ dbt.type_string() }}) as trait_name,
        cast(null as {{ dbt.type_string() }}) as source_name
    {% for trait, priority in stored_rows(ref('trait_definitions'), 'trait_name, source_priority', 'where is_enabled and source_priority is not null order by 1') %}
        {% for source_name in priority.split(',') %}
            union all
            select {{ sql_text(trait) }}, {{ sql_text(source_name | trim) }}  -- noqa: LT09,AL03
        {% endfor %}
    {% endfor %}

),

known as (

    select source_name from {{ ref('identity_spaces') }}
    union distinct
    select source_name from {{ ref('int_events') }}

)

select
    named.trait_name,
    named.source_name
from named
left join known on named.source_name = known.source_name
where named.source_name is not null and known.source_name is null
