{% macro url_authority(url) -%}
    {{ regexp_group(url, '^[a-z][a-z0-9+.-]*://([^/?#]*)') }}
{%- endmacro %}
