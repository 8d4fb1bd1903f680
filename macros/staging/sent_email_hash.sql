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
    {%- set spellings = ['', ' ', '0', '-', '(none)', '(unknown)', '[object Object]'] -%}
    {#- Words of one alphabet, and of two words at most: the text of a view has a limit. -#}
    {%- for word in ignored if word.isascii() and '@' not in word and word.count(' ') < 2 -%}
        {%- set others = [word ~ '@' ~ word ~ '.com'] if word.isalpha() else ['(' ~ word ~ ')', word | replace(' ', '_')] -%}
        {%- do spellings.extend(([word, word | upper, word | capitalize] + others) | unique(case_sensitive=true)) -%}
    {%- endfor -%}
    {%- set list = 'split(' ~ sql_text(spellings | join('\t')) ~ ', ' ~ sql_text('\t') ~ ')' -%}
    {%- set hashes = list_text(list, 'spelling', 'left(' ~ sha256_hex('spelling') ~ ', 16)', ' ') -%}
    {{ return(run_query('select ' ~ hashes).rows[0][0] if execute else '') }}
{%- endmacro %}
