-- Counted before the run changes anything else: what the tables hold of the persons that it erases. The rows of their events stay, so
-- that every raw row is still accounted for, but nothing that they said.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        post_hook="
            {#- Not without a row: a warehouse bills an update for the whole of what it reads. -#}
            {% if may_hold_rows(ref('int_removed_events')) %}
            {#- Whose answer it is, and when it was given (int_removed_events). -#}
            {% set of_answers = [
                'id_number', 'space_id', 'anonymous_id', 'user_id', 'email_hash', 'phone_hash', 'device_id', 'occurred_at', 'received_at'
            ] %}
            update {{ ref('int_events_received').render() }} as received
            set
                {% for column in canonical_columns() + ['event_hash', 'id_number', 'lifecycle_status']
                    if column not in ['raw_file', 'raw_row_number', 'source_name', 'source_rejection_reason'] %}
                {{ column }} = {{ 'removed.consent_answers' if column == 'properties'
                    else 'case when removed.consent_answers is not null then received.' ~ column ~ ' end' if column in of_answers else 'null' }},
                {% endfor %}
                is_anonymous_id_derived = received.is_anonymous_id_derived and removed.consent_answers is not null,
                is_registered = true,
                is_conversion = false,
                conversion_kind = null,
                is_consent_change = false,
                is_buffered = false,
                is_duplicate = false,
                rejection_reason = removed.cause
            from {{ ref('int_removed_events') }} as removed
            where received.event_number = removed.event_number
            {% endif %}
        "
    )
}}
{% set shared_events = previous_run('int_shared_events') %}
{% set has_shared_events = not execute or load_relation(shared_events) is not none %}
{% set recipient_ids, changes = previous_run('int_recipient_ids'), previous_run('audience_changes') %}
{% set has_told = execute and 'activation' in var('optional_marts') and load_relation(recipient_ids) is not none and load_relation(changes) is not none %}

with removed_events as (

    select * from {{ ref('int_removed_events') }}
    where cause = 'erased'

),

removed_ids as (

    -- Of a request that was answered before, tables hold nothing but what is theirs who came back, or another user's of the id.
    select distinct
        removed_events.request_id,
        removed_events.space_id,
        {% if has_shared_events %}
            -- Of an id that several users shared, the part of the one who is erased.
            coalesce(shared_events.id_number, removed_events.id_number) as id_number,
            coalesce(shared_events.node_id, removed_events.anonymous_id) as anonymous_id
        {% else %}
            removed_events.id_number,
            removed_events.anonymous_id
        {% endif %}
    from removed_events
    {% if has_shared_events %}
        left join {{ shared_events }} as shared_events on removed_events.event_number = shared_events.event_number
    {% endif %}
    where
        removed_events.id_number is not null
        {% if is_incremental() %}
            and removed_events.request_id not in (select known.request_id from {{ this }} as known)
        {% endif %}

),

holding_rows as (

    select request_id, 'int_events_received' as table_name, count(*) as row_count  -- noqa: LT09
    from removed_events
    group by request_id
    {% for node in (graph.nodes.values() if execute and may_hold_rows(ref('int_removed_events')) else []) | sort(attribute='name')
        if node.package_name == 'identity_graph' and node.config.materialized in ['table', 'table_if_changed', 'incremental', 'snapshot']
            and not node.config.meta.get('lasts_for_a_run') and node.name != 'int_events_received' %}
        {% set stored = load_relation(relation_named(node.name)) %}
        {% set names = adapter.get_columns_in_relation(stored) | map(attribute='name') | map('lower') | list if stored else [] %}
        {#- The columns that say whose the rows are: those of the first name that the table has, or has twice. #}
        {% set naming = namespace(columns=[]) %}
        {% for name in ['id_number', 'person_number', 'node_id', 'anonymous_id', 'identity_id', 'universal_id'] if not naming.columns %}
            {% set naming.columns = [name] | select('in', names) | list or [name ~ '_a', name ~ '_b'] | select('in', names) | list %}
        {% endfor %}
        {% for column in naming.columns %}
            union all
            select removed_ids.request_id, '{{ node.name }}' as table_name, count(*) as row_count  -- noqa: LT09
            from {{ stored }} as stored
            inner join removed_ids
                on
                    {{ 'stored.' ~ column ~ ' = removed_ids.id_number' if '_number' in column
                        else 'stored.space_id = removed_ids.space_id and stored.' ~ column ~ ' = removed_ids.anonymous_id' }}
            {% if not loop.first %}
                -- A row that names two of them is one row.
                left join removed_ids as first_ids
                    on
                        removed_ids.request_id = first_ids.request_id
                        and {{ 'stored.' ~ naming.columns[0] ~ ' = first_ids.id_number' if '_number' in column
                            else 'stored.space_id = first_ids.space_id and stored.' ~ naming.columns[0] ~ ' = first_ids.anonymous_id' }}
            where first_ids.request_id is null
            {% endif %}
            group by removed_ids.request_id
        {% endfor %}
    {% endfor %}
    {% if has_told %}
        union all
        -- Whom destinations were told of, and have to forget.
        select  -- noqa: LT09
            removed_ids.request_id, 'destination ' || changes.destination_name as table_name, count(distinct changes.recipient) as row_count
        from {{ changes }} as changes
        inner join {{ relation_named('destinations') }} as destinations on changes.destination_name = destinations.destination_name
        inner join {{ recipient_ids }} as told_ids
            on
                destinations.identifier_type = told_ids.identifier_type and changes.space_id = told_ids.space_id
                and changes.recipient = told_ids.recipient
        inner join removed_ids on told_ids.id_number = removed_ids.id_number
        group by removed_ids.request_id, changes.destination_name
    {% endif %}

),

final as (

    select
        request_id,
        table_name,
        cast(sum(row_count) as {{ dbt.type_bigint() }}) as row_count,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        {{ run_clock() }} as erased_at
    from holding_rows
    group by request_id, table_name

)

select * from final
