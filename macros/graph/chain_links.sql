{% macro chain_links(observations, key_columns, tie_breaker) -%}
    {#- Neighbours in time have the same components as all pairs within the window, for the price of a sort. -#}
    {%- set keys = key_columns | join(', ') -%}
    with neighbours as (

        select
            *,
            lag(id_number) over key_in_time as previous_id_number,
            lag(observed_date) over key_in_time as previous_observed_date
        from {{ observations }}
        window key_in_time as (partition by {{ keys }} order by first_observed_at, {{ tie_breaker }})

    )

    select
        least(id_number, previous_id_number) as id_number_a,
        greatest(id_number, previous_id_number) as id_number_b,
        key_type,
        key_number,
        previous_observed_date as earlier_date,
        observed_date as later_date,
        {#- Sorted by time, so the later of the two made it known. #}
        first_observed_at as linked_at,
        'chain' as link_method
    from neighbours
    where
        id_number != previous_id_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_number
            order by linked_at, later_date, earlier_date
        ) = 1
{%- endmacro %}
