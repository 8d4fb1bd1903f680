{% macro url_host(url) -%}
    nullif({{ regexp_group(url, '^[a-z]+://(?:[^/@]*@)?(?:www[.])?([^/:?#]+)') }}, '')
{%- endmacro %}
