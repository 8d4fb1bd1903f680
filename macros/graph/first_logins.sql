{% macro first_logins(events) -%}
    {#- One select of visitor_number, user_id and first_user_id: the first of all the logins that aliases of a visitor name together,
        through up to four aliases one after another. Each alias stands there twice, once for either of its logins. -#}
    {% set logins = namespace(query='aliases') %}
    {% for step in range(4) %}
        {% for group in ['alias_id', 'user_id'] %}
            {% set logins.query %}
                (
                    select visitor_number, alias_id, user_id,
                        min(first_user_id) over (partition by visitor_number, {{ group }}) as first_user_id
                    from {{ logins.query }}
                ) as by_{{ group }}_{{ step }}
            {% endset %}
        {% endfor %}
    {% endfor %}
    with either_login as (

        select
            events.visitor_number,
            {{ surrogate_key(['events.user_id', 'events.previous_user_id']) }} as alias_id,
            case when sides.is_new then events.user_id else events.previous_user_id end as user_id
        from {{ events }} as events
        cross join (select true as is_new union all select false as is_new) as sides
        where events.user_id != events.previous_user_id

    ),

    aliases as (

        select distinct visitor_number, alias_id, user_id, user_id as first_user_id from either_login

    )

    select distinct visitor_number, user_id, first_user_id
    from {{ logins.query }}
{%- endmacro %}
