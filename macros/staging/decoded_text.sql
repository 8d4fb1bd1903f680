{% macro decoded_text(text) -%}
    {{ return(adapter.dispatch('decoded_text', 'identity_graph')(text, encoded_character())) }}
{%- endmacro %}

{% macro duckdb__decoded_text(text, encoded) -%}
    {{ stored_function('decoded_text') }}({{ text }})
{%- endmacro %}

{% macro body_of_decoded_text(text, encoded) -%}
    {#- A table of lookalikes is made for each text, so only where there may be one. -#}
    {%- set plain -%}
    case
        when strlen(seen) = length(seen) then seen
        else translate(seen, '{{ encoded.lookalikes }}', '{{ encoded.lookalike_of }}')
    end
    {%- endset -%}
    {%- set round -%}
    case
        when not regexp_matches(seen, '[%&\\]') then {{ plain }}
        else array_to_string(list_transform(regexp_extract_all({{ plain }}, '{{ encoded.token }}'), lambda piece: case
            when length(piece) < 3 or not regexp_matches(piece, '^[%&\\]') then piece
            {#- Bytes that are no UTF-8 are left out, so that what stands between them is read. #}
            when piece not like '&%' and not regexp_matches(piece, '^.+[uU]') then coalesce(
                try(url_decode(piece)), try(url_decode(regexp_replace(piece, '%[89A-Fa-f][0-9A-Fa-f]', '_', 'g'))), '_'
            )
            {%- for name, character in encoded.names.items() %}
            when piece = '&{{ name }};' then '{{ character }}'
            {%- endfor %}
            when regexp_matches(piece, '^&#[0-9]') then coalesce(try(chr(try_cast(regexp_extract(piece, '[0-9]+') as integer))), '_')
            else coalesce(try(chr(try_cast('0x' || regexp_extract(piece, '[xXuU]([0-9A-Fa-f]+)', 1) as integer))), '_')
        end), '')
    end
    {%- endset -%}
    {%- set read = [text] -%}
    {%- for _ in range(3) -%}
        {%- do read.append('list_transform([' ~ read[-1] ~ '], lambda seen: ' ~ round ~ ')[1]') -%}
    {%- endfor -%}
    {{ read[-1] }}
{%- endmacro %}

{% macro bigquery__decoded_text(text, encoded) -%}
    {#- Each round is a query within the query, and the text of a view has a limit: so there are two, and short ones. -#}
    {%- set round -%}
    select (select coalesce(string_agg(case
    when length(piece) < 3 or not regexp_contains(piece, r'^[%&\\]') then piece
    when regexp_contains(piece, r'^%[^uU]') then safe_convert_bytes_to_string(from_hex(replace(piece, '%', '')))
    {% for name, character in encoded.names.items() -%}
    when piece = '&{{ name }};' then r'{{ character }}'
    {% endfor -%}
    else coalesce(safe.code_points_to_string([safe_cast(concat(if(regexp_contains(piece, r'^&#\d'), '', '0x'),
    regexp_extract(piece, r'^(?:[&%\\]+[#uU][xX]?)([0-9A-Fa-f]+)')) as int64)]), '_') end, '' order by position), '')
    from unnest(regexp_extract_all(translate(seen, '{{ encoded.lookalikes }}', '{{ encoded.lookalike_of }}'),
    r'{{ encoded.token }}')) as piece with offset as position) as seen
    {%- endset -%}
    (select seen from ({{ round }} from ({{ round }} from (select {{ text }} as seen))))
{%- endmacro %}
