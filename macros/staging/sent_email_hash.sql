{% macro sent_email_hash(value, placeholders) -%}
    case
        when {{ value }} like '%_@_%' then {{ sha256_hex(normalized_email(value)) }}
        when
            {{ regexp_matches('lower(' ~ value ~ ')', "'^[0-9a-f]{64}$'") }}
            and strpos('{{ placeholders }}', left(lower({{ value }}), 16)) = 0
            then lower({{ value }})
    end
{%- endmacro %}

{% macro placeholder_hashes(ignored) -%}
    {#- The first 16 digits tell a hash. The database is asked once, here: hundreds of calls in a view would be planned again by each query on it. -#}
    {%- set hashes = [] -%}
    {%- for text in ['', ' ', '0', '-', '(none)', '(unknown)', '[object Object]'] -%}
        {%- do hashes.append(sha256_hex(sql_text(text))) -%}
    {%- endfor -%}
    {#- Words of one alphabet, and of two words at most: the text of a view has a limit. -#}
    {%- for word in ignored if word.isascii() and '@' not in word and word.count(' ') < 2 -%}
        {%- set others = [word ~ '@' ~ word ~ '.com'] if word.isalpha() else ['(' ~ word ~ ')', word | replace(' ', '_')] -%}
        {%- for spelling in ([word, word | upper, word | capitalize] + others) | unique(case_sensitive=true) -%}
            {%- do hashes.append(sha256_hex(sql_text(spelling))) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set in_full = run_query('select array_to_string([' ~ hashes | join(', ') ~ "], ' ')").rows[0][0] if execute else '' -%}
    {{ return(modules.re.sub('([0-9a-f]{16})[0-9a-f]+', '\\1', in_full)) }}
{%- endmacro %}
