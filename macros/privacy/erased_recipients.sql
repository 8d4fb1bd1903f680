{% macro forget_erased_recipients(finished) -%}
    {%- set told, delivered = relation_named('activation_recipients'), relation_named('activation_deliveries') -%}
    {%- if 'model.identity_graph.audience_changes' not in finished %}
    drop table if exists {{ told }};
    {%- else -%}
        {%- for kept in [relation_named('audience_changes'), told] if load_relation(kept) is not none %}
    update {{ kept }} as kept set related_recipient = 'erased'
    where
        related_recipient is not null
        and not exists (
            select 1 from {{ relation_named('int_recipient_ids') }} as names
            where names.identifier_type = 'universal_id' and names.space_id = kept.space_id and names.recipient = kept.related_recipient
        );
        {%- endfor %}
    {#- Whom activate sent to such a destination it still has in activation_recipients, to remove them if the row comes back. #}
    {{ blank_recipients('changes.destination_name not in (select destination_name from ' ~ relation_named('destinations') ~ ')', is_any=true) }}
        {#- Who is told by other means may not know yet (acknowledge_changes). #}
        {%- if load_relation(told) is not none and load_relation(delivered) is not none %}
    {{ blank_recipients(
        'changes.destination_name in (select destination_name from ' ~ delivered ~ ') and not exists (select 1 from ' ~ told ~ ' as told'
        ~ ' where told.destination_name = changes.destination_name and told.audience_name = changes.audience_name'
        ~ ' and told.space_id = changes.space_id and told.recipient = changes.recipient)'
    ) }}
        {%- endif %}
    {%- endif %}
{%- endmacro %}

{% macro blank_recipients(condition, last_load=none, is_any=false) -%}
    {#- Of who was erased last, in all rows (identity_graph/activation/erased.py has the same rule); the key is made of the name. #}
    update {{ relation_named('audience_changes') }} as changes
    set recipient = 'erased', related_recipient = null, payload_checksum = null, idempotency_key = 'erased'
    from (
        select destination_name, audience_name, space_id, recipient
        from {{ relation_named('audience_changes') }}
        where recipient != 'erased'
        group by destination_name, audience_name, space_id, recipient
        having
            {{ 'true' if is_any else "max(load_number) = max(case when reason = 'erased' then load_number end)" }}
            {{ 'and max(load_number) <= ' ~ last_load if last_load is not none }}
    ) as forgotten
    where
        changes.destination_name = forgotten.destination_name and changes.audience_name = forgotten.audience_name
        and changes.space_id = forgotten.space_id and changes.recipient = forgotten.recipient
        and {{ condition }};
{%- endmacro %}

{% macro acknowledge_changes(destination, load_number) -%}
    {%- set example = "--args '{destination: crm, load_number: 7}'" -%}
    {%- set changes = relation_named('audience_changes') if graph.nodes['model.identity_graph.audience_changes'] else none -%}
    {%- set fault = 'The optional mart audience_changes is switched off: name activation in the var optional_marts.' if changes is none
        else 'destination is the name of a destination: ' ~ example ~ '.' if destination is not string
        else 'load_number is the number of the last load that the destination knows: ' ~ example ~ '.' if load_number is not integer
        else 'Nothing is built yet: run dbt build.' if load_relation(changes) is none -%}
    {{ exceptions.raise_compiler_error(fault) if fault }}
    {%- set is_known = 'destination_name = ' ~ sql_text(destination) -%}
    {%- set count_blank = 'select count(*) from ' ~ changes ~ ' where ' ~ is_known ~ " and recipient = 'erased'" -%}
    {%- set before = run_query(count_blank).rows[0][0] | int -%}
    {%- do run_query(blank_recipients('changes.' ~ is_known, last_load=load_number)) -%}
    {%- set blanked = run_query(count_blank).rows[0][0] | int - before -%}
    {#- Who knows all that the ledger says has nobody to remove whom it does not name any more. #}
    {%- set told = relation_named('activation_recipients') -%}
    {%- do run_query(
        'delete from ' ~ told ~ ' as told where ' ~ is_known ~ ' and not exists (select 1 from ' ~ changes ~ ' as changes'
        ~ ' where changes.' ~ is_known ~ ' and (changes.load_number > ' ~ load_number ~ ' or changes.audience_name = told.audience_name'
        ~ ' and changes.space_id = told.space_id and changes.recipient = told.recipient))'
    ) if load_relation(told) is not none -%}
    {%- do adapter.commit() if target.type == 'duckdb' -%}
    {%- do print(blanked ~ ' rows of destination ' ~ destination ~ ' up to load ' ~ load_number ~ ' no longer say who was erased.') -%}
{%- endmacro %}
