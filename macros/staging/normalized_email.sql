{% macro normalized_email(email) -%}
    {#-
        Gmail ignores dots and everything from a plus sign on in the local part, and googlemail.com is the same. What has two @ is left
        as it is. The domain is compared with `like`: DuckDB 2.0 fails on `case when split_part(...)` where the column is missing.
    -#}
    case
        when {{ email }} not like '%_@_%' then null
        when {{ email }} like '%@%@%' then lower(trim({{ email }}))
        when lower(trim({{ email }})) like '%@gmail.com' or lower(trim({{ email }})) like '%@googlemail.com'
            then
                replace({{ dbt.split_part(dbt.split_part('lower(trim(' ~ email ~ '))', "'@'", 1), "'+'", 1) }}, '.', '')
                || '@gmail.com'
        else lower(trim({{ email }}))
    end
{%- endmacro %}
