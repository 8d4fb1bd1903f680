{{ config(materialized='view') }}

select
    {{ row_identity() }} as raw_row_number,
    *
from {{ ref('int_events_received') }}
