{% macro mark_duplicates(duplicates) -%}
    {#- Every reader of the events would otherwise have to look for the few copies among all of them. -#}
    {#- With --empty a reference is a query, which cannot be updated. -#}
    {%- if last_complete_load() == 0 %}
    {#- All are looked at anew; what a run that broke off left marked may be the first copy by now. #}
    update {{ ref('int_events_received').render() }}
    set is_duplicate = false
    where is_duplicate;
    {%- elif has_removed_events() %}
    update {{ ref('int_events_received').render() }}
    set is_duplicate = false
    where is_duplicate and event_hash in (select event_hash from {{ ref('int_removed_events') }});
    {%- endif %}
    update {{ ref('int_events_received').render() }}
    set is_duplicate = true
    where event_number in (
        select event_number from {{ duplicates }} where found_in_load > {{ last_complete_load() }}
    )
    and {{ is_of_loads('load_number', duplicates, 'found_in_load > ' ~ last_complete_load()) }}
{%- endmacro %}
