{% macro without_personal_data(json_text, sensitive_properties=[]) -%}
    {#-
        Where something is encoded, JSON is read string by string: what looks like an address, phone or ip is cut out of each, and one
        that holds JSON of its own with a key that tells of one goes whole. Then the value of each such key goes, whatever is in it.
    -#}
    {%- set words = 'tel|cell|fax|mail|handy|ips?|ipv[46]|addr|address[a-z]*' -%}
    {%- set names -%}
        [^"]*(?i:e-?mail|phone|mobile|msisdn|whats_?app|telefon|teléfono|celular|telegram|ip_?addr|remote_?(?:host|addr)|forwarded.?for)[^"]*|(?:[^"]*[^A-Za-z"])?(?i:{{ words }})(?:[^a-z"][^"]*)?|[^"]*[a-z0-9](?:Tel|Cell|Fax|Mail|Ips?|IPs?|Addr|Address[a-z]*)(?:[^a-z"][^"]*)?|(?i:(?:client|remote|user|customer|source|visitor)ips?)
        {%- for name in sensitive_properties %}|(?i:{{ name }}){% endfor -%}
    {%- endset -%}
    {%- set string = '"(?:[^"\\\\]|\\\\.)*"' -%}
    {%- set containers = ['[[{](?:' ~ string ~ '|[^"\\[\\]{}])*[\\]}]'] -%}
    {%- for _ in range(5) -%}
        {%- do containers.append('[[{](?:' ~ string ~ '|[^"\\[\\]{}]|' ~ containers[-1] ~ ')*[\\]}]') -%}
    {%- endfor -%}
    {%- set patterns = {
        'marks': personal_shapes().marks ~ '|" [0-9]|"(?:' ~ names ~ ')"\\s*:',
        'token': string ~ '|[^"]+',
        'value': '("(?:' ~ names ~ ')"\\s*:)\\s*(?:' ~ string ~ '|-?[0-9][0-9.eE+-]*|' ~ containers[-1] ~ ')',
        'deeper': '(?s)^.*"(?:' ~ names ~ ')"\\s*:\\s*[[{].*$',
        'inner_key': '(?s)^\\s*[[{].*["\'](?:' ~ names ~ ')\\\\*["\']\\s*:',
        'loose_value':
            '("(?:' ~ names ~ ')"\\s*:)\\s*(?:"(?:[^"\\\\]|\\\\.)*"?|[+(]?[0-9][0-9 ()./+-]*|\\[[^\\]]*\\]?|\\{[^}]*\\}?)'
    } -%}
    {{ return(adapter.dispatch('without_personal_data', 'identity_graph')(
        json_text, patterns, personal_shapes().all, encoded_character().marks
    )) }}
{%- endmacro %}

{% macro duckdb__without_personal_data(json_text, patterns, all_shapes, encoded) -%}
    {%- set quoted = {} -%}
    {%- for name, pattern in patterns.items() -%}
        {%- do quoted.update({name: sql_text(pattern)}) -%}
    {%- endfor -%}
    case
        when not regexp_matches({{ json_text }}, {{ quoted.marks }}) then {{ json_text }}
        {#- What is no JSON has no keys, but may look as if. #}
        when not json_valid({{ json_text }})
            then {{ without_addresses("regexp_replace(" ~ json_text ~ ", " ~ quoted.loose_value ~ ", '\\1\"[removed]\"', 'g')") }}
        else regexp_replace(
            regexp_replace(
                case
                    when regexp_matches({{ json_text }}, '{{ encoded }}')
                        then array_to_string(list_transform(
                            regexp_extract_all({{ json_text }}, {{ quoted.token }}),
                            lambda token: case
                                when token not like '"%' then token
                                else cast(to_json(list_transform(
                                    [json_extract_string(token, '$')],
                                    lambda content: case
                                        when regexp_matches(content, {{ quoted.inner_key }}) then '[removed]'
                                        else {{ without_addresses(
                                            'content', "regexp_matches(value['seen'], " ~ quoted.inner_key ~ ')'
                                        ) }}
                                    end
                                )[1]) as varchar)
                            end
                        ), '')
                    else regexp_replace({{ json_text }}, '{{ all_shapes }}', '\1\2[removed]', 'g')
                end,
                {{ quoted.value }}, '\1"[removed]"', 'g'
            ),
            {{ quoted.deeper }}, '"[removed]"'
        )
    end
{%- endmacro %}

{% macro bigquery__without_personal_data(json_text, patterns, all_shapes, encoded) -%}
    {%- set quoted = {} -%}
    {%- for name, pattern in patterns.items() -%}
        {%- do quoted.update({name: pattern_text(pattern)}) -%}
    {%- endfor -%}
    case
        when not regexp_contains({{ json_text }}, {{ quoted.marks }}) then {{ json_text }}
        {#- What is no JSON has no keys, but may look as if. #}
        when not {{ is_json(json_text) }}
            then {{ without_addresses("regexp_replace(" ~ json_text ~ ", " ~ quoted.loose_value ~ ", r'\\1\"[removed]\"')") }}
        else regexp_replace(
            regexp_replace(
                case
                    when regexp_contains({{ json_text }}, {{ pattern_text(encoded) }}) then (
                        select string_agg(case
                            when token not like '"%' then token
                            else to_json_string((
                                select case
                                    when regexp_contains(content, {{ quoted.inner_key }}) then '[removed]'
                                    else {{ without_addresses(
                                        'content', 'regexp_contains(value.seen, ' ~ quoted.inner_key ~ ')'
                                    ) }}
                                end
                                from (select json_value(case when token like '"%' then token end, '$') as content)
                            ))
                        end, '' order by position)
                        from unnest(regexp_extract_all({{ json_text }}, {{ quoted.token }})) as token with offset as position
                    )
                    else regexp_replace({{ json_text }}, {{ pattern_text(all_shapes) }}, r'\1\2[removed]')
                end,
                {{ quoted.value }}, r'\1"[removed]"'
            ),
            {{ quoted.deeper }}, '"[removed]"'
        )
    end
{%- endmacro %}
