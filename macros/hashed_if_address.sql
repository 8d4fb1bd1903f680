{% macro hashed_if_address(id) -%}
    {#- Some senders use an email address as an id. -#}
    case when {{ id }} like '%_@_%' then {{ sha256_hex(normalized_email(id)) }} else {{ id }} end
{%- endmacro %}
