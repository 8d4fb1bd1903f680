{% macro value_shape(text) -%}
    {#- What a value looks like, without what it says: digits are 9, letters a. -#}
    {{ regexp_replaced(regexp_replaced(regexp_replaced(
        'left(' ~ text ~ ', 40)', '[0-9]', '9'), '\\p{L}', 'a'), '[^9a .,()+\\p{Sc}-]', '?') }}
{%- endmacro %}
