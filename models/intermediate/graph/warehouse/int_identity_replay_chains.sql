{{
    config(
        materialized='rounds',
        pre_hook="
            create or replace table {{ this }} as
            select id_rank, joined_rank as older_rank
            from {{ ref('int_identity_replay_rounds') }}
            where replay_order = 'first_known' and joined_rank is not null
        "
    )
}}

with previous as (

    select * from {{ this }}

),

longer_chains as (

    select
        id_rank,
        older_rank
    from previous
    union distinct
    select
        previous.id_rank,
        further.older_rank
    from previous
    inner join previous as further on previous.older_rank = further.id_rank

),

final as (

    select
        longer_chains.id_rank,
        longer_chains.older_rank,
        previous.id_rank is null as is_changed
    from longer_chains
    left join previous
        on
            longer_chains.id_rank = previous.id_rank
            and longer_chains.older_rank = previous.older_rank

)

select * from final
