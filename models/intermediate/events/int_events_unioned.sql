{{ config(materialized='view') }}

select * from {{ ref('stg_generic__events') }}
