{% macro component_caps(sizes, size) -%}
    with cumulated_sizes as (

        select
            space_id,
            {{ size }} as size,
            sum(count(*)) over (partition by space_id order by {{ size }}) as components_up_to_size,
            sum(count(*)) over (partition by space_id) as all_components
        from {{ sizes }}
        group by space_id, {{ size }}

    )

    select space_id, greatest(min(size), {{ var('component_cap_floor') }}) as max_size
    from cumulated_sizes
    where components_up_to_size >= round({{ var('component_cap_percentile') }} * all_components, 6)
    group by space_id
{%- endmacro %}
