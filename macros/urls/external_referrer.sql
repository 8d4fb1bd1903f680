{% macro external_referrer(referring_host, page_host) -%}
    {#- A link within the site, or between its subdomains, is no referral. -#}
    case
        when {{ referring_host }} = {{ page_host }} then null
        when {{ registrable_domain(referring_host) }} = {{ registrable_domain(page_host) }} then null
        else {{ referring_host }}
    end
{%- endmacro %}
