{{ config(severity='warn', store_failures=true) }}

-- No combination of key types stands behind more than 70% of the stitched ids of a space, judged from 500 ids on. Where one
-- does, a source has probably stopped sending the other keys.
with combinations as (

    select
        space_id,
        breakdown as key_combination,
        metric_value * sample_size as stitched_ids
    from {{ ref('identity_statistics') }}
    where metric = 'stitching_rate_by_key_combination'

),

shares as (

    select
        *,
        sum(stitched_ids) over (partition by space_id) as stitched_ids_of_space
    from combinations

)

select *
from shares
where stitched_ids_of_space >= 500 and stitched_ids > 0.7 * stitched_ids_of_space
