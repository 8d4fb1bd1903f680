{% macro url_path(url) -%}
    {#- A pattern that is never in doubt is several times cheaper than the one for addresses of any kind. -#}
    nullif(
        case
            when {{ url }} like 'https://%' or {{ url }} like 'http://%'
                then {{ regexp_group(url, '^https?://[^/?#]+(/[^?#]*)') }}
            else {{ regexp_group(url, '^(?:[A-Za-z]+://[^/?#]+)?([^?#]*)') }}
        end,
        ''
    )
{%- endmacro %}
