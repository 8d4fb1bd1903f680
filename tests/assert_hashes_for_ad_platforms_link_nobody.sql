-- They are made beside the keys of events, and no property of the same name may be read as one.
{{ config(enabled=('activation' in var('optional_marts'))) }}

select
    key_type,
    resolution_level
from {{ ref('identity_key_rules') }}
where key_type in ('google_email_hash', 'google_phone_hash', 'meta_email_hash', 'meta_phone_hash')
