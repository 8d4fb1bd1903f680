{#- Warns and fails where data_health does so for the alert on the newest complete day, so that an old outage does not fail builds
    for ever. The failures' number is the level: 1 = warn, 2 = error. -#}
{% test no_alert(model, alert) %}
    {{ config(
        fail_calc="coalesce(max(case alert_level when 'error' then 2 when 'warn' then 1 end), 0)",
        warn_if='>= 1',
        error_if='>= 2',
        store_failures=true
    ) }}

    select *
    from {{ model }}
    where is_newest_complete_day and alert_level != 'ok' and alert = '{{ alert }}'

{% endtest %}
