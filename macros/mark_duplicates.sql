{% macro mark_duplicates(duplicates) -%}
    {#- Every reader of the events would otherwise have to look for the few copies among all of them. -#}
    update {{ ref('int_events_received') }}
    set is_duplicate = true
    where event_number in (
        select event_number from {{ duplicates }} where found_in_load > {{ last_complete_load() }}
    )
{%- endmacro %}
