{% macro url_parameter(query_string, names) -%}
    {#- Before and after `#` or another `?`, in any capitals, and where a page wrote its links with `&amp;`. -#}
    {{ url_decoded(regexp_group(query_string, '(?i)[?&#](?:amp;)*(?:' ~ names | join('|') ~ ')=([^&#?]+)')) }}
{%- endmacro %}
