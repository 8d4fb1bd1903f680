{% macro unread_amount(values, ignored) -%}
    {#- The reason to reject an event none of whose amounts can be read, with the shape of the first that was sent. -#}
    {%- set texts = [] -%}
    {%- for value in values -%}
        {%- do texts.append(known_value('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')', ignored)) -%}
    {%- endfor -%}
    {%- if not texts -%}
    cast(null as {{ dbt.type_string() }})
    {%- else -%}
    case
        when {{ first_amount(values) }} is null
            then 'wrong_type: revenue (' || {{ value_shape('coalesce(' ~ (texts + ['null']) | join(', ') ~ ')') }} || ')'
    end
    {%- endif -%}
{%- endmacro %}
