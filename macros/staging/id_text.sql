{% macro trimmed(text) -%}
    {#- trim() of no engine knows all white space. -#}
    {%- set space = '[\\p{Z}\\p{Cc}\\p{Cf}]+' -%}
    nullif({{ regexp_replaced(text, '^' ~ space ~ '|' ~ space ~ '$') }}, '')
{%- endmacro %}

{% macro id_text(value) -%}
    {#- Tools write 7.0 for 7 as soon as one of a column is missing. Beyond 16 digits a float has lost some: that text stays as it is. -#}
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
