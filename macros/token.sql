{% macro token(value) -%}
    {{ return(adapter.dispatch('token', 'identity_graph')(value)) }}
{%- endmacro %}

{% macro duckdb__token(value) -%}
    sha256(getvariable('identity_token_secret') || {{ value }})
{%- endmacro %}

{% macro bigquery__token(value) -%}
    {%- set secret = env_var('IDENTITY_TOKEN_SECRET') if execute else '' -%}
    to_hex(sha256(concat('{{ secret }}', {{ value }})))
{%- endmacro %}
