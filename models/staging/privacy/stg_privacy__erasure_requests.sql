{% set requests = source('privacy', 'erasure_requests') %}
{% set columns = source_columns(requests) %}

with source as (

    {% if columns or not execute %}
        select * from {{ requests }}
    {% else %}
        -- There are no requests.
        select cast(null as {{ dbt.type_string() }}) as subject
        from (select 1 as request_count) as no_requests
        where request_count = 0
    {% endif %}

),

renamed as (

    select
        lower({{ raw_column(columns, 'subject_type') }}) as subject_type,
        {{ id_text(raw_column(columns, 'subject'), is_trimmed=true) }} as subject,
        {{ raw_column(columns, 'space_id') }} as space_id,
        {{ to_utc_timestamp(raw_column(columns, 'requested_at')) }} as requested_at
    from source

),

named_as_in_events as (

    select
        case when subject_type = 'email' then 'email_hash' else subject_type end as subject_type,
        case
            when subject_type = 'email' then {{ sha256_hex(normalized_email('subject')) }}
            when subject_type = 'email_hash' then lower(subject)
            -- As events have it (int_checked_events).
            when subject_type = 'anonymous_id' and subject like '%~________' then subject || '~'
            else {{ hashed_if_address('subject') }}
        end as subject,
        space_id,
        requested_at
    from renamed

),

hashed as (

    select
        subject_type,
        {{ erasure_token('subject') }} as subject_hash,
        space_id,
        requested_at,
        case
            when
                subject_type is null
                or subject_type not in ('user_id', 'email_hash', 'anonymous_id', 'universal_id')
                then 'unknown_subject_type'
            when subject is null then 'missing_subject'
            when requested_at is null then 'unparsable_requested_at'
            when requested_at > {{ run_clock() }} then 'requested_in_the_future'
        end as refusal_reason
    from named_as_in_events

),

final as (

    select distinct
        {{ surrogate_key(['subject_type', 'subject_hash', 'space_id', dbt.datediff("'1970-01-01'", 'requested_at', 'microsecond')]) }} as request_id,
        subject_type,
        subject_hash,
        space_id,
        requested_at,
        refusal_reason
    from hashed

)

select * from final
