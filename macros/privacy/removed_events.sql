{% macro retention_cutoff(layers, periods=none) -%}
    {#- The first day that all of the layers still hold, as SQL; none where they hold all. -#}
    {% set days = stored_rows(periods or ref('retention_periods'), 'min(days)', "where layer in ('" ~ layers | join("', '") ~ "')") %}
    {% if days and days[0][0] is not none %}
        {% set clock = modules.datetime.datetime.fromisoformat(var('as_of') | string) if var('as_of') else run_started_at %}
        {% set first_day = (clock - modules.datetime.timedelta(days=days[0][0] | int)).strftime('%Y-%m-%d') %}
        {{ return("cast('" ~ first_day ~ "' as " ~ dbt.type_timestamp() ~ ')') }}
    {% endif %}
    {{ return(none) }}
{%- endmacro %}

{% macro erasure_token(value) -%}
    {#- With a word of its own, so that no token of the events is ever equal to a tombstone. -#}
    {{ token("'erasure|' || " ~ value) }}
{%- endmacro %}

{% macro erasure_scope(asked_now, asked_ever) -%}
    {#- Which events have to be searched: all for a new tombstone, the new ones for those that are known, none where there is none. -#}
    {% set scope = 'true' %}
    {% if execute and not run_query(asked_now).rows %}
        {% set scope = 'load_number > ' ~ last_complete_load() if asked_ever and run_query(asked_ever).rows else 'false' %}
    {% endif %}
    {{ return(scope) }}
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
