{% macro phone_hash(phone) -%}
    {#-
        A phone is 7 to 15 digits, as E.164 has it. What holds letters is none, but for an extension, which is cut off. 00 is +, and
        the zero in +44 (0)20 is not dialled.
    -#}
    {%- set dialled = regexp_remove('lower(' ~ phone ~ ')', '^tel:|[[:punct:]\\s]*(?:extension|ext|x|#)[.:=\\s]*[0-9]{1,6}$') -%}
    {%- set is_foreign = regexp_matches(dialled, "'^[^0-9]*(?:[+]|00)'") -%}
    {%- set number = regexp_remove(
        'case when ' ~ is_foreign ~ ' then ' ~ regexp_remove(dialled, '^[^0-9+]*[+]*(?:00)?|[(]\\s*0\\s*[)]') ~ ' else ' ~ dialled ~ ' end',
        '[^0-9]'
    ) -%}
    case
        when {{ regexp_remove(dialled, '\\p{L}') }} != {{ dialled }} then null
        when {{ regexp_matches(number, "'^0*$|^.{0,6}$|^.{16,}$'") }} then null
        when {{ is_foreign }} then {{ token("'+' || " ~ number) }}
        else {{ token(number) }}
    end
{%- endmacro %}
