{% macro token(value, secret=none) -%}
    {{ sha256_hex((secret or token_secret()) ~ ' || ' ~ value) }}
{%- endmacro %}
