{% macro hashed_if_address(id) -%}
    {#- Some senders use an email address as an id. The plain search for @ is several times cheaper than the pattern. -#}
    case
        when {{ id }} like '%@%' and {{ id }} like '%_@_%' then {{ sha256_hex(normalized_email(id)) }}
        else {{ id }}
    end
{%- endmacro %}
