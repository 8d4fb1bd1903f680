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

{% macro encoded_character() -%}
    {#- The last of `lookalikes` have no counterpart: nobody sees them. -#}
    {%- set names = {
        'amp': '&', 'commat': '@', 'period': '.', 'plus': '+', 'nbsp': ' ', 'colon': ':', 'lpar': '(', 'rpar': ')', 'percnt': '%',
        'num': '#', 'quot': '"'
    } -%}
    {%- set lookalikes = '\\x{00A0}\\x{00AD}\\x{0660}-\\x{0669}\\x{06F0}-\\x{06F9}\\x{2000}-\\x{206F}\\x{2212}\\x{3000}-\\x{3002}\\x{FE50}-\\x{FEFF}\\x{FF00}-\\x{FFEF}' -%}
    {%- set tokens = [
        '(?:%[0-9A-Fa-f]{2})+',
        '&#[0-9]{1,7};?',
        '&#[xX][0-9A-Fa-f]{1,6};?',
        '(?:%|\\\\+)[uU][0-9A-Fa-f]{4}',
        '&(?:' ~ names.keys() | join('|') ~ ');'
    ] -%}
    {{ return({
        'token': (tokens + ['[^%&\\\\]+|[%&\\\\]']) | join('|'),
        'names': names,
        'rest': tokens | join('|'),
        'marks': '[%&\\\\' ~ lookalikes ~ ']',
        'lookalikes':
            '\uff20\ufe6b\uff0e\u3002\uff61\ufe52\uff0b\ufe62\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19'
            ~ '\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9'
            ~ '\uff08\uff09\uff1a\uff0f\uff05\uff06\uff1b\uff03\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d'
            ~ '\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000'
            ~ '\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff',
        'lookalike_of': '@@....++' ~ '0123456789' * 3 ~ '():/%&;#' ~ '-' * 8 ~ ' ' * 15
    }) }}
{%- endmacro %}
