{% macro unread_amount(values, ignored) -%}
    {#- The reason to reject an event none of whose amounts can be read, with the shape of the first that was sent. -#}
    {%- set amounts = [] -%}
    {%- set texts = [] -%}
    {%- for value in values if value != 'null' -%}
        {%- do amounts.append(amount_or_null(value)) -%}
        {%- do texts.append(known_value('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')', ignored)) -%}
    {%- endfor -%}
    {%- if not texts -%}
    cast(null as {{ dbt.type_string() }})
    {%- else -%}
    case
        when coalesce({{ (amounts + ['null']) | join(', ') }}) is null
            then 'wrong_type: revenue (' || {{ value_shape('coalesce(' ~ (texts + ['null']) | join(', ') ~ ')') }} || ')'
    end
    {%- endif -%}
{%- endmacro %}
