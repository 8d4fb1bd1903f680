{% macro normalized_email(email) -%}
    {#- Gmail ignores dots and everything from a plus sign on in the local part. -#}
    case
        when {{ email }} not like '%_@_%' then null
        when split_part(lower(trim({{ email }})), '@', 2) in ('gmail.com', 'googlemail.com')
            then
                replace(split_part(split_part(lower(trim({{ email }})), '@', 1), '+', 1), '.', '')
                || '@' || split_part(lower(trim({{ email }})), '@', 2)
        else lower(trim({{ email }}))
    end
{%- endmacro %}
