{% macro known_value(value, ignored, is_trimmed=false) -%}
    {#-
        A placeholder that everybody sends would join everybody. One regular expression finds the words of ignored_values, in any case
        and spelling (not_set, "Not Set", <null>, null null, null@null.com), and what has the shape of no id at all, as an ip within a
        private network, or one that was cut, which strangers share. A word with @ at its end or beginning stands for every address with
        that name, or of that domain.
    -#}
    {%- set words = [] -%}
    {%- for word in ignored -%}
        {%- set bare = modules.re.sub('^[]\\s"\'`()<>{}[]+|[]\\s"\'`()<>{}[]+$', '', word) -%}
        {%- if modules.re.search('[^\\W\\d_]', bare) -%}
            {%- set spelled = modules.re.sub('(?:\\\\?[\\s_./-])+', '[\\\\s_./-]*', modules.re.escape(bare)) -%}
            {%- do words.append(('[^@]+' if bare[:1] == '@' else '') ~ spelled ~ ('[^@]+' if bare[-1:] == '@' else '')) -%}
        {%- elif bare -%}
            {%- do words.append(modules.re.escape(bare)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set shapes = [
        '[[:punct:]\\p{P}\\s0]*', '[$#@%!]?[{](?:[^{}]*[^0-9a-f{}-][^{}]*|[^{}]{1,7})[}]', '\\[(?:[^[:punct:]0-9]|[_.])+\\]', '\\((?:[^[:punct:]0-9]|[_./-])+\\)',
        '<[^<>@]+>', '\\$\\([^()]*\\)', '%[^%]+%', '#+[^#]+#+', '~+[^~]+~+', '%7b.*%7d', '0x0+', 'x[x\\s-]{3,}', '__[^_]\\w*__',
        '(?:%0[0-9a-f]|%20|%c2%a0|&nbsp;)+', 'function\\b[^()]*\\([^()]*\\).*', '-?[0-9](?:[.][0-9]+e[+]?|e[+])[0-9]+',
        '-?[0-9]{16,}[.]0+', '[a-z]@[a-z][.][a-z]{1,3}', '(?:10|127)(?:[.][0-9]{1,3}){3}',
        '(?:192[.]168|169[.]254|172[.](?:1[6-9]|2[0-9]|3[01]))(?:[.][0-9]{1,3}){2}',
        '(?:fe80|f[cd][0-9a-f]{2}):[0-9a-f:]*:[0-9a-f:]*', '[0-9]{1,3}(?:[.][0-9]{1,3}){1,2}(?:[.][0x])+',
        '[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){1,3}(?::0{1,4})*::', '(?:[a-z0-9]+[\\s_.-])*(?:service|server|webserver|backend|webhook|worker)'
    ] -%}
    {#- A UUID of one digit alone. -#}
    {%- do shapes.append('[{]?(?:1[1-]{31,35}|9[9-]{31,35}|a[a-]{31,35}|f[f-]{31,35})[}]?') -%}
    {%- if words -%}
        {#- null@null.com are two. The words stand here once, for the text of a view has a limit. -#}
        {%- set around = '[[:punct:]\\s]' -%}
        {%- do shapes.append(
            around ~ '*(?:(?:' ~ words | join('|') ~ ')(?:[.](?:com|org|net|info|co|io|de|fr|es|it|nl|uk))?(?:' ~ around ~ '+|$))+'
        ) -%}
    {%- endif -%}
    {%- do shapes.append('.*(?:[{]{2}|[}]{2}|%%|[*][|]|[|][*]|<%|[$#][{]|\\[\\[).*') -%}
    {#- The value stands in the SQL once, so that what holds many of them stays readable for the engine. -#}
    nullif({{ regexp_replaced(id_text(value, is_trimmed), '(?is)^(?:' ~ shapes | join('|') ~ ')$', '') }}, '')
{%- endmacro %}

{% macro client_ip(ip_address) -%}
    {#-
        Of what a proxy or load balancer passes on: the first of several, without its port, its brackets and IPv4's prefix within IPv6.
        A plain IPv4 address has none of these signs, and the pattern costs six times what looking for them does.
    -#}
    case
        when {{ ip_address }} like '%:%' or {{ ip_address }} like '%,%' or {{ ip_address }} like '%[%' or {{ ip_address }} like '%]%'
            then {{ regexp_replaced(
                ip_address, '(?i)^\\s*\\[?(?:::ffff:)?([0-9]{1,3}(?:[.][0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]*|[a-z_-]+)\\]?(?::[0-9]{1,5})?\\s*(?:,.*)?$', '\\1'
            ) }}
        else {{ ip_address }}
    end
{%- endmacro %}
