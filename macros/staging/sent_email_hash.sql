{% macro sent_email_hash(value, ignored) -%}
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
    case
        when {{ value }} like '%_@_%' then {{ sha256_hex(normalized_email(value)) }}
        when
            {{ regexp_matches('lower(' ~ value ~ ')', "'^[0-9a-f]{64}$'") }}
            and not {{ adapter.dispatch('is_one_of', 'identity_graph')('lower(' ~ value ~ ')', hashes) }}
            then lower({{ value }})
    end
{%- endmacro %}

{% macro default__is_one_of(value, values) -%}
    {{ value }} in ({{ values | join(', ') }})
{%- endmacro %}

{% macro duckdb__is_one_of(value, values) -%}
    {#- DuckDB makes a join of a long `in`. -#}
    coalesce(list_position([{{ values | join(', ') }}], {{ value }}), 0) > 0
{%- endmacro %}
