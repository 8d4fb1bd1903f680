{#- Warns and fails where data_health does so for the alert on the newest complete day, so that an old outage does not fail builds
    for ever, and unless somebody has acknowledged it. The failures' number is the level: 1 = warn, 2 = error. Nobody could know of
    an alert before the first load, so there it only warns. -#}
{% test no_alert(model, alert) %}
    {{ config(
        fail_calc="coalesce(max(failure_level), 0)",
        warn_if='>= 1',
        error_if='>= 2',
        store_failures=true
    ) }}

    select
        *,
        case when alert_level = 'error' and {{ 1 if execute and stored_rows(relation_named('event_loads'), '1', 'where is_complete limit 1') else 0 }} = 1 then 2 else 1 end as failure_level
    from {{ model }}
    where is_newest_complete_day and alert_level != 'ok' and acknowledged_until_date is null and alert = '{{ alert }}'

{% endtest %}
