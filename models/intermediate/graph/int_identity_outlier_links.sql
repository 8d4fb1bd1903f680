-- What holds ids of an outlier cluster together even when it is dissolved: one login, or one email address.
with evidence as (

    select * from {{ ref('int_identity_evidence') }}
    where key_type in ('user_id', 'email_hash')

),

ids as (

    select * from {{ ref('int_identity_outlier_ids') }}

),

final as (

    select distinct
        least(ids_a.id_rank, ids_b.id_rank) as node_number_a,
        greatest(ids_a.id_rank, ids_b.id_rank) as node_number_b
    from evidence
    inner join ids as ids_a on evidence.id_number_a = ids_a.id_number
    inner join ids as ids_b
        on
            evidence.id_number_b = ids_b.id_number
            and ids_a.cluster_number = ids_b.cluster_number

)

select * from final
