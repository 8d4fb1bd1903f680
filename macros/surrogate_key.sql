{% macro surrogate_key(fields) -%}
    {#- Each field goes with its length, so that no two lists of fields give one text. -#}
    md5(
        {%- for field in fields %}
        {%- set text = "coalesce(cast(" ~ field ~ " as " ~ dbt.type_string() ~ "), '')" %}
        cast(length({{ text }}) as {{ dbt.type_string() }}) || ':' || {{ text }} {{ "||" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
