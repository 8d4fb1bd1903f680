{% macro url_part(part, url, authority=none) -%}
    {#- A pattern that is never in doubt is several times cheaper, so the one that looks for a user or a port runs where it must. -#}
    {%- set sent_authority = regexp_group(url, '^[a-z][a-z0-9+.-]*://([^/?#]*)') -%}
    {%- set authority = authority or sent_authority -%}
    {%- if part == 'authority' -%}
    {{ sent_authority }}
    {%- elif part == 'host' -%}
    nullif(
        rtrim(case
            when {{ authority }} like '%@%' or {{ authority }} like '%:%'
                then {{ regexp_group(url, '^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?:www[.])?([^/:?#]+)') }}
            when {{ authority }} like 'www.%' then substr({{ authority }}, 5)
            else {{ authority }}
        end, '.'),
        ''
    )
    {%- elif part == 'path' -%}
    nullif(
        case
            when {{ url }} like 'https://%' or {{ url }} like 'http://%'
                then {{ regexp_group(url, '^https?://[^/?#]+(/[^?#]*)') }}
            else {{ regexp_group(url, '^(?:[A-Za-z]+://[^/?#]+)?([^?#]*)') }}
        end,
        ''
    )
    {%- endif -%}
{%- endmacro %}
