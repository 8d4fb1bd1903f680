{% macro hashed_if_address(id) -%}
    {#-
        Some senders use an email address, a phone number or an ip as an id. An address is hashed as email_hash is, so that both
        are one. A plain search is several times cheaper than the patterns, and these than reading.
    -#}
    {{ return(adapter.dispatch('hashed_if_address', 'identity_graph')(id, personal_shapes(), encoded_character())) }}
{%- endmacro %}

{% macro hash_of_address(sent, seen, shapes, encoded, secret=none) -%}
    case
        when {{ seen }} like '%_@_%' then {{ sha256_hex(normalized_email(seen)) }}
        when {{ regexp_matches(seen, sql_text(shapes.ip, is_pattern=true)) }} then {{ token('lower(trim(' ~ seen ~ '))', secret) }}
        when {{ regexp_matches(seen, sql_text(shapes.phone, is_pattern=true)) }} then {{ token(regexp_replaced(seen, '[^0-9+]'), secret) }}
        when {{ regexp_matches(seen, sql_text(encoded.rest, is_pattern=true)) }} then {{ token(sent, secret) }}
        else {{ sent }}
    end
{%- endmacro %}

{% macro duckdb__hashed_if_address(id, shapes, encoded) -%}
    {{ stored_function('hashed_if_address') }}({{ id }}, {{ token_secret() }})
{%- endmacro %}

{% macro body_of_hashed_if_address(id, shapes, encoded, secret) -%}
    case
        when not regexp_matches({{ id }}, '{{ shapes.marks }}') then {{ id }}
        when regexp_matches({{ id }}, '{{ encoded.marks }}|\s@|@\s') then list_transform(
            [{'sent': {{ id }}, 'seen': regexp_replace({{ decoded_text(id) }}, '\s*@\s*', '@', 'g')}],
            lambda value: {{ hash_of_address('value.sent', 'value.seen', shapes, encoded, secret) }}
        )[1]
        else {{ hash_of_address(id, id, shapes, encoded, secret) }}
    end
{%- endmacro %}

{% macro bigquery__hashed_if_address(id, shapes, encoded) -%}
    case
        when not regexp_contains({{ id }}, {{ sql_text(shapes.marks, is_pattern=true) }}) then {{ id }}
        else (
            select {{ hash_of_address('sent', 'seen', shapes, encoded) }}
            from (select {{ id }} as sent, regexp_replace({{ decoded_text(id) }}, r'\s*@\s*', '@') as seen)
        )
    end
{%- endmacro %}
