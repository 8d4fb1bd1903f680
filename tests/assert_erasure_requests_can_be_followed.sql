-- Who asked to be erased is waiting: a request that cannot be read has to be put right. It does not stop the build of the rest,
-- because it waits for what comes last:
-- depends_on: {{ ref('erasure_receipts') }}
select
    request_id,
    subject_type,
    requested_at,
    refusal_reason
from {{ ref('stg_privacy__erasure_requests') }}
where refusal_reason != 'requested_in_the_future'
