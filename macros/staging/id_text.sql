{% macro trimmed(text) -%}
    {#- Tabs, line ends, no-break and zero-width spaces count as white space, which trim() of no engine knows all of. -#}
    {%- set space = '[\\p{Z}\\p{Cc}\\p{Cf}]+' -%}
    nullif({{ regexp_replaced(text, '^' ~ space ~ '|' ~ space ~ '$') }}, '')
{%- endmacro %}

{% macro id_text(value) -%}
    {#-
        One spelling for one id: without white space at its ends, letters composed, and 7 where a number became 7.0 on its way (what
        tools write as soon as one of a column is missing). Beyond 16 digits a float has lost some, so that text stays as it is.
    -#}
    {{ regexp_replaced(
        adapter.dispatch('composed', 'identity_graph')(trimmed(value)) | trim, '^(-?[0-9]{1,16})[.]0+$', '\\1'
    ) }}
{%- endmacro %}

{% macro duckdb__composed(text) -%}
    nfc_normalize({{ text }})
{%- endmacro %}

{% macro bigquery__composed(text) -%}
    normalize({{ text }}, nfc)
{%- endmacro %}
