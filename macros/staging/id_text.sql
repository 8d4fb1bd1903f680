{% macro trimmed(text) -%}
    {#- trim() of no engine knows all white space. -#}
    {%- set space = '[\\p{Z}\\p{Cc}\\p{Cf}]+' -%}
    nullif({{ regexp_replaced(text, '^' ~ space ~ '|' ~ space ~ '$') }}, '')
{%- endmacro %}

{% macro default__trimmed_column(text) -%}
    {{ trimmed(text) }}
{%- endmacro %}

{% macro duckdb__trimmed_column(text) -%}
    {#- Most texts begin and end with a plain character; to see that takes a third of the time of a pattern. -#}
    case when {{ text }}[1] between '!' and '~' and {{ text }}[-1] between '!' and '~' then {{ text }} else {{ trimmed(text) }} end
{%- endmacro %}

{% macro id_text(value, is_trimmed=false) -%}
    {#- Tools write 7.0 for 7 as soon as one of a column is missing. Beyond 16 digits a float has lost some: that text stays as it is. -#}
    {{ regexp_replaced(
        adapter.dispatch('composed', 'identity_graph')(value if is_trimmed else trimmed(value)) | trim, '^(-?[0-9]{1,16})[.]0+$', '\\1'
    ) }}
{%- endmacro %}

{% macro duckdb__composed(text) -%}
    nfc_normalize({{ text }})
{%- endmacro %}

{% macro bigquery__composed(text) -%}
    normalize({{ text }}, nfc)
{%- endmacro %}
