{% macro url_host(url, authority=none) -%}
    {#- A pattern that is never in doubt is several times cheaper, so the one that looks for a user or a port runs where it must. -#}
    {%- set authority = authority or url_authority(url) -%}
    nullif(
        rtrim(case
            when {{ authority }} like '%@%' or {{ authority }} like '%:%'
                then {{ regexp_group(url, '^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?:www[.])?([^/:?#]+)') }}
            when {{ authority }} like 'www.%' then substr({{ authority }}, 5)
            else {{ authority }}
        end, '.'),
        ''
    )
{%- endmacro %}
