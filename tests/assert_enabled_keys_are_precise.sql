{{ config(severity='warn', store_failures=true) }}

-- Of the linked pairs whose logins are both known, nine in ten agree for every enabled key: the lower bound of the
-- measured precision (Wilson, 95%) is at least 0.9, judged from 50 pairs on.
select *
from {{ ref('identity_key_precision') }}
where gap_bucket = 'all' and is_enabled and sample_size >= 50 and precision_lower_bound < 0.9
