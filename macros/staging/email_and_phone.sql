{% macro normalized_email(email) -%}
    {#- The domain is compared with `like`: DuckDB 2.0 fails on `case when split_part(...)` where the column is missing. -#}
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

{% macro phone_parts(phone) -%}
    {#-
        A phone is 7 to 15 digits, as E.164 has it. What holds letters is none, but for an extension, which is cut off. 00 is +, and
        the zero in +44 (0)20 is not dialled. One digit alone, or the digits in their order, are nobody's.
    -#}
    {%- set dialled = regexp_replaced('lower(' ~ phone ~ ')', '^tel:|[[:punct:]\\s]*(?:extension|ext|x|#)[.:=\\s]*[0-9]{1,6}$') -%}
    {%- set is_foreign = regexp_matches(dialled, "'^[^0-9]*(?:[+]|00)'") -%}
    {%- set number = regexp_replaced(
        'case when ' ~ is_foreign ~ ' then ' ~ regexp_replaced(dialled, '^[^0-9+]*[+]*(?:00)?|[(]\\s*0\\s*[)]') ~ ' else ' ~ dialled ~ ' end',
        '[^0-9]'
    ) -%}
    {%- set same_digit = [] -%}
    {%- for digit in range(1, 10) -%}
        {%- do same_digit.append('^1?' ~ digit ~ '+$') -%}
    {%- endfor -%}
    {%- set is_nobodys = regexp_matches(number, "'^1?0*$|^.{0,6}$|^.{16,}$|^0?1234567(89?0?)?$|" ~ same_digit | join('|') ~ "'") -%}
    {{ return({'dialled': dialled, 'number': number, 'is_foreign': is_foreign, 'is_nobodys': is_nobodys}) }}
{%- endmacro %}

{% macro phone_hash(phone, secret=none) -%}
    {%- set parts = phone_parts(phone) -%}
    case
        when {{ regexp_replaced(parts.dialled, '\\p{L}') }} != {{ parts.dialled }} then null
        when {{ parts.is_nobodys }} then null
        when {{ parts.is_foreign }} then {{ token("'+' || " ~ parts.number, secret) }}
        else {{ token(parts.number, secret) }}
    end
{%- endmacro %}
