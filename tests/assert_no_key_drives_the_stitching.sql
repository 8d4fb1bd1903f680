{{ config(severity='warn', store_failures=true) }}

-- No single key value holds more than 5% of the accepted links of a space, judged from 500 links on. One that does is
-- rather a shared device, a test login or a broken integration than a person.
with links as (

    select * from {{ ref('identity_links') }}
    where is_accepted

),

links_by_key as (

    select
        space_id,
        key_type,
        key_value,
        count(*) as link_count,
        sum(sum(case when is_link then 1 else 0 end)) over (partition by space_id) as links_of_space
    from links
    group by space_id, key_type, key_value

)

select *
from links_by_key
where links_of_space >= 500 and link_count > 0.05 * links_of_space
