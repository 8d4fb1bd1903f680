{% macro url_host(url) -%}
    nullif({{ regexp_group(url, '^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?:www[.])?([^/:?#]+)') }}, '')
{%- endmacro %}
