{% macro erasure_token(value) -%}
    {#- With a word of its own, so that no token of the events is ever equal to a tombstone. -#}
    {{ token("'erasure|' || " ~ value) }}
{%- endmacro %}
