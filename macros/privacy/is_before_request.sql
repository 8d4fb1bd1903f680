{% macro is_before_request(event, tombstone) -%}
    ({{ tombstone }}.space_id is null or {{ tombstone }}.space_id = {{ event }}.space_id)
    {#- A clock that is wrong, or gives no time, spares no event. #}
    and (
        {{ event }}.occurred_at is null
        or {{ event }}.received_at is null
        or least({{ event }}.occurred_at, {{ event }}.received_at) <= {{ tombstone }}.erased_until_at
    )
{%- endmacro %}
