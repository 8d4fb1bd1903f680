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
    {%- set key = '"(?:' ~ names ~ ')"\\s*:' -%}
    {%- set inner_key = '(?s)^\\s*[[{].*["\'](?:' ~ names ~ ')\\\\*["\']\\s*:' -%}
    {%- set value = string ~ '|-?[0-9][0-9.eE+-]*|' ~ containers[-1] -%}
    {%- set loose_value = '"(?:[^"\\\\]|\\\\.)*"?|[+(]?[0-9][0-9 ()./+-]*|\\[[^\\]]*\\]?|\\{[^}]*\\}?' -%}
    {%- set shapes = personal_shapes() -%}
    {%- set strings_read -%}
    case
        when {{ regexp_matches(json_text, sql_text(encoded_character().marks, is_pattern=true)) }}
            then {{ adapter.dispatch('strings_without_addresses', 'identity_graph')(
                json_text, sql_text(string ~ '|[^"]+', is_pattern=true), sql_text(inner_key, is_pattern=true)
            ) }}
        else {{ regexp_replaced(json_text, shapes.all, '\\1\\2[removed]') }}
    end
    {%- endset -%}
    case
        when not {{ regexp_matches(json_text, sql_text(shapes.marks ~ '|" [0-9]|' ~ key, is_pattern=true)) }} then {{ json_text }}
        {#- What is no JSON has no keys, but may look as if. #}
        when not {{ is_json(json_text) }}
            then {{ without_addresses(regexp_replaced(json_text, '(' ~ key ~ ')\\s*(?:' ~ loose_value ~ ')', '\\1"[removed]"')) }}
        else {{ regexp_replaced(
            regexp_replaced(strings_read, '(' ~ key ~ ')\\s*(?:' ~ value ~ ')', '\\1"[removed]"'),
            '(?s)^.*' ~ key ~ '\\s*[[{].*$', '"[removed]"'
        ) }}
    end
{%- endmacro %}

{% macro duckdb__strings_without_addresses(json_text, token, inner_key) -%}
    array_to_string(list_transform(
        regexp_extract_all({{ json_text }}, {{ token }}),
        lambda token: case
            when token not like '"%' then token
            else cast(to_json(list_transform(
                [json_extract_string(token, '$')],
                lambda content: case
                    when regexp_matches(content, {{ inner_key }}) then '[removed]'
                    else {{ without_addresses('content', "regexp_matches(value['seen'], " ~ inner_key ~ ')') }}
                end
            )[1]) as varchar)
        end
    ), '')
{%- endmacro %}

{% macro bigquery__strings_without_addresses(json_text, token, inner_key) -%}
    (
        select string_agg(case
            when token not like '"%' then token
            else to_json_string((
                select case
                    when regexp_contains(content, {{ inner_key }}) then '[removed]'
                    else {{ without_addresses('content', 'regexp_contains(value.seen, ' ~ inner_key ~ ')') }}
                end
                from (select json_value(case when token like '"%' then token end, '$') as content)
            ))
        end, '' order by position)
        from unnest(regexp_extract_all({{ json_text }}, {{ token }})) as token with offset as position
    )
{%- endmacro %}
