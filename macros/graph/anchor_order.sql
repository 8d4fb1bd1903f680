{% macro anchor_order(id_number) -%}
    {#- Records and servers know of a person before the first visit; only where nobody visited is the first of them the anchor. -#}
    case when ids.first_visit_at is null then 1 else 0 end,
    coalesce(ids.first_visit_at, ids.first_seen_at),
    ids.anonymous_id,
    ids.space_id,
    {{ id_number }}
{%- endmacro %}
