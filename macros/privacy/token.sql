{% macro token(value, secret=none) -%}
    {{ sha256_hex((secret or token_secret()) ~ ' || ' ~ value) }}
{%- endmacro %}

{% macro token_secret() -%}
    {{ return(adapter.dispatch('token_secret', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__token_secret() -%}
    getvariable('identity_token_secret')
{%- endmacro %}

{% macro bigquery__token_secret() -%}
    {#- A table that only dbt reads: a secret in the SQL would stand in the view, in logs and in the history of jobs. -#}
    (select secret from {{ api.Relation.create(database=target.database, schema=target.schema ~ '_secrets', identifier='token_secret') }})
{%- endmacro %}
