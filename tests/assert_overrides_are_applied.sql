-- An override that changes nothing is an owner's decision that nobody carries out.
{{ config(severity='warn', store_failures=true) }}

select *
from {{ ref('identity_override_report') }}
where status != 'applied'
