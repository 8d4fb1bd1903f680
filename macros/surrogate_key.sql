{% macro surrogate_key(fields) -%}
    {#- The separator keeps ('a', 'bc') and ('ab', 'c') apart. -#}
    md5(
        {%- for field in fields %}
        coalesce(cast({{ field }} as {{ dbt.type_string() }}), '') {{ "|| '|' ||" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
