{% macro amount_or_null(values) -%}
    {%- set amounts = [] -%}
    {%- for value in ([values] if values is string else values) if value != 'null' -%}
        {%- for number in [value, written_amount('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')')] -%}
            {%- do amounts.append(adapter.dispatch('as_amount', 'identity_graph')(number)) -%}
        {%- endfor -%}
    {%- endfor -%}
    coalesce({{ (amounts + ['cast(null as ' ~ type_decimal(18, 4) ~ ')']) | join(', ') }})
{%- endmacro %}

{% macro duckdb__as_amount(value) -%}
    try_cast({{ value }} as numeric(18, 4))
{%- endmacro %}

{% macro bigquery__as_amount(value) -%}
    {#- What numeric(18, 4) cannot hold is no amount. -#}
    cast(
        case when abs(safe_cast({{ value }} as numeric)) < 100000000000000 then round(safe_cast({{ value }} as numeric), 4) end
        as numeric
    )
{%- endmacro %}
