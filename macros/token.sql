{% macro token(value) -%}
    {{ sha256_hex(token_secret() ~ ' || ' ~ value) }}
{%- endmacro %}
