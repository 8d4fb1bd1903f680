{% macro without_personal_data(json, sensitive_properties=[]) -%}
    {#-
        Where something is encoded, JSON is read string by string: what looks like an address, phone or ip is cut out of each, and one
        that holds JSON of its own with a key that tells of one goes whole. Then the value of each such key goes, whatever is in it.
    -#}
    {%- set words = 'tel(?:nr|no|efax)?|cell|fax(?:nr|nummer)?|mail|handy(?:nr|nummer)?|mobil(?:nr|nummer)?|m[oó]vil|rufn(?:r|ummer)|festnetz|correo|anschrift|ips?|ipv[46]|addr' -%}
    {%- set names = [
        '[^"]*(?i:e-?mail|phone|mobile|msisdn|whats_?app|telefon|teléfono|celular|telegram|add?ress|direcci[oó]n|ip_?addr|remote_?(?:host|addr)|forwarded.?for)[^"]*',
        '(?:[^"]*[^A-Za-z"])?(?i:' ~ words ~ ')(?:[^a-z"][^"]*)?',
        '[^"]*[a-z0-9](?:Tel|Cell|Fax|Mail|Ips?|IPs?|Addr)(?:[^a-z"][^"]*)?',
        '(?i:' ~ (['(?:client|remote|user|customer|source|visitor)ips?'] + sensitive_properties) | join(')|(?i:') ~ ')'
    ] | join('|') -%}
    {%- set string = '"(?:[^"\\\\]|\\\\.)*"' -%}
    {%- set container = namespace(pattern='[[{](?:' ~ string ~ '|[^"\\[\\]{}])*[\\]}]') -%}
    {%- for _ in range(5) -%}
        {%- set container.pattern = '[[{](?:' ~ string ~ '|[^"\\[\\]{}]|' ~ container.pattern ~ ')*[\\]}]' -%}
    {%- endfor -%}
    {%- set key = '"(?:' ~ names ~ ')"\\s*:' -%}
    {%- set value = string ~ '|-?[0-9][0-9.eE+-]*|' ~ container.pattern -%}
    {%- set loose_value = '"(?:[^"\\\\]|\\\\.)*"?|[+(]?[0-9][0-9 ()./+-]*|\\[[^\\]]*\\]?|\\{[^}]*\\}?' -%}
    {%- set inner_key = sql_text('(?s)^\\s*[[{].*["\'](?:' ~ names ~ ')\\\\*["\']\\s*:', is_pattern=true) -%}
    {%- set content_read = 'case when ' ~ regexp_matches('content', inner_key) ~ " then '[removed]' else "
        ~ without_addresses('content', regexp_matches('seen', inner_key)) ~ ' end' -%}
    {%- set piece_read = "case when piece like '\"%' then " ~ adapter.dispatch('as_json', 'identity_graph')(
        let('content', json_text("case when piece like '\"%' then piece end", []), content_read)
    ) ~ ' else piece end' -%}
    {%- set pieces = 'regexp_extract_all(' ~ json ~ ', ' ~ sql_text(string ~ '|[^"]+', is_pattern=true) ~ ')' -%}
    {%- set strings_read = 'case when ' ~ regexp_matches(json, sql_text(encoded_character().marks, is_pattern=true)) ~ ' then '
        ~ list_text(pieces, 'piece', piece_read) ~ ' else ' ~ regexp_replaced(json, personal_shapes().all, '\\1\\2[removed]') ~ ' end' -%}
    {%- set values_cut = regexp_replaced(strings_read, '(' ~ key ~ ')\\s*(?:' ~ value ~ ')', '\\1"[removed]"') -%}
    case
        {#- As Python writes a dictionary. #}
        when {{ json }} like {{ sql_text("%'%") }} and not {{ is_json(json) }} and {{ regexp_matches(json, inner_key) }} then '[removed]'
        when {{ json }} is null or not {{ regexp_matches(json, sql_text(personal_shapes().marks ~ '|" [0-9]|' ~ key, is_pattern=true)) }} then {{ json }}
        {#- What is no JSON has no keys, but may look as if. #}
        when not {{ is_json(json) }}
            then {{ without_addresses(regexp_replaced(json, '(' ~ key ~ ')\\s*(?:' ~ loose_value ~ ')', '\\1"[removed]"')) }}
        else {{ regexp_replaced(values_cut, '(?s)^.*' ~ key ~ '\\s*[[{].*$', '"[removed]"') }}
    end
{%- endmacro %}
