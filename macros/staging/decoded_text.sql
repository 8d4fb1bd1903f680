{% macro decoded_text(text) -%}
    {{ return(adapter.dispatch('decoded_text', 'identity_graph')(text)) }}
{%- endmacro %}

{% macro duckdb__decoded_text(text) -%}
    {{ stored_function('decoded_text') }}({{ text }})
{%- endmacro %}

{% macro bigquery__decoded_text(text) -%}
    {#- Each round is a query within the query, and the text of a view has a limit: so there are two. -#}
    {%- set round = decoding_round("safe_convert_bytes_to_string(from_hex(replace(piece, '%', '')))", 'safe.code_points_to_string([{}])') -%}
    {{ let('seen', let('seen', text, round), round) }}
{%- endmacro %}

{% macro decoding_round(text_of_bytes, text_of_code) -%}
    {%- set encoded = encoded_character() -%}
    {%- set digits = regexp_group('piece', '^[&%\\\\]+[#uU][xX]?([0-9A-Fa-f]+)') -%}
    {%- set code = 'case when ' ~ regexp_matches('piece', "'^&#[0-9]'") ~ " then '' else '0x' end || " ~ digits -%}
    {%- set decoded_piece -%}
    case
        when length(piece) < 3 or not {{ regexp_matches('piece', sql_text('^[%&\\\\]', is_pattern=true)) }} then piece
        when {{ regexp_matches('piece', "'^%[^uU]'") }} then {{ text_of_bytes }}
        {%- for name, character in encoded.names.items() %}
        when piece = '&{{ name }};' then '{{ character }}'
        {%- endfor %}
        else coalesce({{ text_of_code.format(cast_or_null(code, dbt.type_int()) | trim) }}, '_')
    end
    {%- endset -%}
    {%- set plain = 'case when ' ~ ('strlen' if target.type == 'duckdb' else 'byte_length') ~ '(seen) = length(seen) then seen else translate(seen, '
        ~ sql_text(encoded.lookalikes) ~ ', ' ~ sql_text(encoded.lookalike_of) ~ ') end' -%}
    {%- set pieces = 'regexp_extract_all(' ~ plain ~ ', ' ~ sql_text(encoded.token, is_pattern=true) ~ ')' -%}
    case
        when {{ regexp_matches('seen', sql_text(encoded.marks, is_pattern=true)) }} then {{ list_text(pieces, 'piece', decoded_piece) }}
        else seen
    end
{%- endmacro %}
