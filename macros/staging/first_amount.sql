{% macro first_amount(values) -%}
    {%- set amounts = [] -%}
    {%- for value in values -%}
        {%- do amounts.append(amount_or_null(value)) -%}
    {%- endfor -%}
    coalesce({{ (amounts + [amount_or_null('null')]) | join(', ') }})
{%- endmacro %}
