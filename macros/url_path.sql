{% macro url_path(url) -%}
    nullif({{ regexp_group(url, '^(?:[A-Za-z]+://[^/?#]+)?([^?#]*)') }}, '')
{%- endmacro %}
