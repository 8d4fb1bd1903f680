{% macro personal_shapes() -%}
    {#-
        For text that decoded_text has read; RE2 is the engine of both databases. Digits alone are no phone: a plus sign, separators
        or a name make one. `all` keeps what stands before a phone in two groups.
    -#}
    {%- set ends = '\\s"<>,;:=()/?&#|{}\\[\\]\\\\' -%}
    {%- set email = '"[^"]+"\\s{0,3}@\\s{0,3}[^@' ~ ends ~ ']+|[^@' ~ ends ~ ']+(?:@[^' ~ ends ~ ']+|\\s{0,3}@\\s{0,3}[^@.' ~ ends ~ ']+[.][^@' ~ ends ~ ']+)' -%}
    {#- To RE2 a digit and the letter or underscore beside it are one word. -#}
    {%- set edge, end_of_phone = '(?:\\b|_)', '(?:\\b|[G-Zg-z_])' -%}
    {#- Eight groups, or fewer around a double colon. What is mapped ends in an IPv4, which is one by itself, or has it as two groups. The
        letter v begins a version. -#}
    {%- set ip -%}
        {{ edge }}(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}{{ edge }}|(?:[0-9A-Fa-f]{1,4}:){1,7}:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6}{{ edge }})?)|::[Ff]{4}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}{{ edge }}|(?:\b|[A-UW-Za-uw-z_])(?:[0-9]{1,3}[.]){3}[0-9]{1,3}(?:\b|[A-Za-z_])
    {%- endset -%}
    {%- set more_digits = '(?:[ ()./-]{0,3}[0-9])' -%}
    {%- set phone_with_plus = '[+] ?[(]?[0-9]' ~ more_digits ~ '{6,14}' -%}
    {#- A group of a UUID is no beginning. -#}
    {%- set beginning = '^|[^0-9A-Za-z.+-]|[g-zG-Z][.-]' -%}
    {%- set separated_phone = [
        '[(](?:0[0-9]{1,5}|[2-9][0-9]{2})[)][ ./-]{0,3}[0-9]' ~ more_digits ~ '{4,10}',
        '0[0-9]{2,5}(?:[ .-]{1,3}| ?/ ?)[0-9]{2,}(?:[ .-]?[0-9]{2,}){0,4}[0-9]{3}',
        '0[1-9](?:[ .-][0-9]{2}){4}',
        '(?:1[ .-])?[2-9][0-9]{2}[ .-][0-9]{3}[ .-][0-9]{4}',
        '[0-9]{2,3}[ .][0-9]{3}[ .][0-9]{2,4}[ .][0-9]{2,4}',
        '[0-9]{2,4}[ .][0-9]{3,4}[ .][0-9]{4,8}(?:[ .][0-9]{2,8})?',
        '[5-9][0-9]{2}[ .][0-9]{3}[ .][0-9]{3}'
    ] | join('|') -%}
    {#- A plus sign at the beginning of a parameter is read as a blank. -#}
    {%- set names = '(?:tel|callto|sms|whatsapp|wa[.]me|msisdn)[:=/ ]|(?:phone|mobile|cell|fax|handy)[:=]' -%}
    {%- set named = '^ |" |(?i:' ~ names ~ ')[ :=/]{0,3}' -%}
    {%- set phones = phone_with_plus ~ '|(' ~ beginning ~ ')(?:' ~ separated_phone ~ ')' ~ end_of_phone ~ '|(' ~ named ~ ')[(]?[0-9]' ~ more_digits ~ '{6,14}' ~ end_of_phone -%}
    {%- set marks -%}
        [@+(]|{{ encoded_character().marks }}|::|(?:[0-9A-Fa-f]{1,4}:){4}|[0-9][.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]|(?:{{ beginning }})(?:0[0-9]{1,5}[ ./-]|[0-9]{3}[ .-][0-9]{3}|[0-9]{2,4}[ .][0-9]{3}|1[ .-][2-9])|^ [0-9]|(?i:{{ names }})
    {%- endset -%}
    {{ return({'marks': marks | trim, 'ip': ip | trim, 'phone': phones, 'all': [email, ip | trim, phones] | join('|')}) }}
{%- endmacro %}
