{% macro told_logins(events, login, visitor='visitor_number') -%}
    {#- One select: every row of events and told_<login>. A session is of who logged in last, and before its first login of that one; a
        session without a login is of whose sessions lie on both sides of it. A record, and what a server sends, names its user itself. -#}
    {% set in_order = 'partition by ' ~ visitor ~ ' order by occurred_at, event_id, source_name, event_number rows' %}
    {% set in_session = in_order | replace(visitor, visitor ~ ', is_visit, session_started_at') %}
    {% set so_far, to_come = 'between unbounded preceding and current row', 'between current row and unbounded following' %}
    select
        *,
        coalesce(
            {{ login }},
            session_login,
            case
                when
                    last_value(session_login ignore nulls) over ({{ in_order }} {{ so_far }})
                    = first_value(session_login ignore nulls) over ({{ in_order }} {{ to_come }})
                    then first_value(session_login ignore nulls) over ({{ in_order }} {{ to_come }})
            end
        ) as told_{{ login }}
    from (
        select
            *,
            case when is_visit then coalesce(
                last_value({{ login }} ignore nulls) over ({{ in_session }} {{ so_far }}),
                first_value({{ login }} ignore nulls) over ({{ in_session }} {{ to_come }})
            ) end as session_login
        from (
            select *, max(case when is_visit and coalesce(
                    occurred_at > {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'previous_visit_at') }}, true
                ) then occurred_at end) over ({{ in_order }} {{ so_far }}) as session_started_at
            from (
                select *, max(case when is_visit then occurred_at end) over ({{ in_order }} between unbounded preceding and 1 preceding)
                    as previous_visit_at
                from {{ events }}
            ) as with_previous_visit
        ) as with_session_start
    ) as with_session_logins
{%- endmacro %}
