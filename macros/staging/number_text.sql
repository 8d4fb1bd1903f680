{% macro number_text(value) -%}
    {#- Engines write 10.0 in different ways, and neither infinity nor NaN is JSON. -#}
    case
        when {{ value }} = floor({{ value }}) and abs({{ value }}) < 1e15
            then cast(cast({{ value }} as {{ dbt.type_bigint() }}) as {{ dbt.type_string() }})
        when abs({{ value }}) <= 1.7976931348623157e308 then cast({{ value }} as {{ dbt.type_string() }})
    end
{%- endmacro %}
