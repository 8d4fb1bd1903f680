{% macro surrogate_key(fields) -%}
    {#- Each field goes with its length, so that no two lists of fields give one text. -#}
    {%- set parts = [] -%}
    {%- for field in fields -%}
        {%- set text = "coalesce(cast(" ~ field ~ " as " ~ dbt.type_string() ~ "), '')" -%}
        {%- do parts.append("cast(length(" ~ text ~ ") as " ~ dbt.type_string() ~ ") || ':' || " ~ text) -%}
    {%- endfor -%}
    {{ dbt.hash(parts | join(' || ')) }}
{%- endmacro %}
