{% macro token(value, secret=none) -%}
    {{ sha256_hex((secret or token_secret()) ~ ' || ' ~ value) }}
{%- endmacro %}

{% macro token_secret() -%}
    {#- On BigQuery in a table that only dbt reads: a secret in the SQL would stand in the view, in logs and in the history of jobs. -#}
    {%- set table = api.Relation.create(database=target.database, schema=target.schema ~ '_secrets', identifier='token_secret') -%}
    {{ '(select secret from ' ~ table ~ ')' if target.type == 'bigquery' else "getvariable('identity_token_secret')" }}
{%- endmacro %}

{% macro erasure_token(value) -%}
    {#- With a word of its own, so that no token of the events is ever equal to a tombstone. -#}
    {{ token("'erasure|' || " ~ value) }}
{%- endmacro %}

{% macro erasure_scope(asked_now, asked_ever) -%}
    {{ return(
        'true' if not execute or flags.WHICH not in ['build', 'run'] or run_query(asked_now).rows
        else 'load_number > ' ~ last_complete_load() if asked_ever and run_query(asked_ever).rows else 'false'
    ) }}
{%- endmacro %}

{% macro is_before_request(event, tombstone) -%}
    ({{ tombstone }}.space_id is null or {{ tombstone }}.space_id = {{ event }}.space_id)
    {#- A clock that is wrong, or gives no time, spares no event. #}
    and (
        {{ event }}.occurred_at is null
        or {{ event }}.received_at is null
        or least({{ event }}.occurred_at, {{ event }}.received_at) <= {{ tombstone }}.erased_until_at
    )
{%- endmacro %}

{% macro retention_cutoff(layers, periods=none) -%}
    {% set kept = stored_rows(periods or ref('retention_periods'), 'min(days)', "where layer in ('" ~ layers | join("', '") ~ "')") %}
    {% set days = kept[0][0] if kept else none %}
    {#- A warehouse, and a project that replaces the seed, have no check_seeds before it. -#}
    {{ exceptions.raise_compiler_error('retention_periods: days is ' ~ days ~ ', and has to be from 1 to 36500. Nothing was removed.')
        if days is not none and not 1 <= days <= 36500 }}
    {% set clock = modules.datetime.datetime.fromisoformat(var('as_of') | string) if days is not none and var('as_of') else run_started_at %}
    {{ return(none if days is none else "cast('" ~ (clock - modules.datetime.timedelta(days=days | int)).strftime('%Y-%m-%d') ~ "' as " ~ dbt.type_timestamp() ~ ')') }}
{%- endmacro %}
