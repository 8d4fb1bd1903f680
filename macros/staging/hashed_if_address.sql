{% macro hashed_if_address(id) -%}
    {#- An address is hashed as email_hash is, so that both are one. A plain search goes first, and no null the long way, as in without_addresses. -#}
    {{ return(adapter.dispatch('hashed_if_address', 'identity_graph')(id)) }}
{%- endmacro %}

{% macro duckdb__hashed_if_address(id) -%}
    {{ stored_function('hashed_if_address') }}({{ id }}, {{ token_secret() }})
{%- endmacro %}

{% macro bigquery__hashed_if_address(id) -%}
    {{ body_of_hashed_if_address(id) }}
{%- endmacro %}

{% macro body_of_hashed_if_address(id, secret=none) -%}
    {%- set encoded = encoded_character() -%}
    {%- set seen = 'case when ' ~ regexp_matches(id, sql_text(encoded.marks ~ '|\\s@|@\\s', is_pattern=true)) ~ ' then '
        ~ regexp_replaced(decoded_text(id), '\\s*@\\s*', '@') ~ ' else ' ~ id ~ ' end' -%}
    case
        when {{ regexp_matches(id, sql_text(personal_shapes().marks, is_pattern=true)) }} then {{ let('seen', seen, hash_of_address('seen', id, secret)) }}
        else {{ id }}
    end
{%- endmacro %}

{% macro hash_of_address(seen, sent, secret) -%}
    {%- set shapes = personal_shapes() -%}
    case
        when {{ seen }} like '%_@_%' then {{ sha256_hex(normalized_email(seen)) }}
        when {{ regexp_matches(seen, sql_text(shapes.ip, is_pattern=true)) }} then {{ token('lower(trim(' ~ seen ~ '))', secret) }}
        when {{ regexp_matches(seen, sql_text(shapes.phone, is_pattern=true)) }} then {{ token(regexp_replaced(seen, '[^0-9+]'), secret) }}
        when {{ regexp_matches(seen, sql_text(encoded_character().rest, is_pattern=true)) }} then {{ token(sent, secret) }}
        else {{ sent }}
    end
{%- endmacro %}
