{% macro referrer_url(referrer) -%}
    {#- In lower case, with the scheme that some senders leave out. `Direct` says that there was none, and so does a page of the browser's own. -#}
    case
        when lower({{ referrer }}) like '%-extension://%' then null
        when {{ referrer }} like '%://%' then lower({{ referrer }})
        when {{ referrer }} like '//%' then 'https:' || lower({{ referrer }})
        -- A file of the site itself looks like a host.
        when {{ regexp_matches('lower(' ~ referrer ~ ')', "'^[^/?#]*[.](?:html?|php|aspx?|jsp)([?#].*)?$'") }} then null
        when {{ regexp_matches(referrer, "'^[^][:space:]/?#:@.(){}<>*%$]+([.][^][:space:]/?#:@.(){}<>*%$]+)+[.]?(:[0-9]+)?([/?#].*)?$'") }}
            then 'https://' || lower({{ referrer }})
    end
{%- endmacro %}

{% macro external_referrer(referring_host, page_host) -%}
    {#-
        A link within the site, or between its subdomains, is no referral. What somebody registered are the last two labels of a host;
        three where the last two are a registry's, or a hoster's whose customers are strangers.
    -#}
    {%- set registry = '(?:co|com|org|net|gov|edu|ac|ne|or|go|gob|gouv|nom|ltd|plc|me|sch|info|biz|id|web|in|firm|gen|ind|nic|mil)[.][a-z]{2}' -%}
    {%- set hosters = [
        'github.io', 'gitlab.io', 'myshopify.com', 'herokuapp.com', 'blogspot.com', 'wordpress.com', 'wixsite.com', 'vercel.app',
        'netlify.app', 'web.app', 'firebaseapp.com', 'pages.dev', 'workers.dev', 'azurewebsites.net', 'cloudfront.net', 'shopware.store',
        'mybigcommerce.com', 'square.site', 'webflow.io', 'substack.com', 'tumblr.com', 'jimdofree.com', 'squarespace.com'
    ] -%}
    {%- set pattern = '(?:^|[.])([^.]+[.](?:' ~ registry ~ '|' ~ hosters | join('|') | replace('.', '[.]') ~ '|[^.]+))$' -%}
    {%- set domains = [] -%}
    {%- for host in [referring_host, page_host] -%}
        {%- do domains.append(
            'case when ' ~ regexp_matches(host, "'^[0-9.]+$'") ~ ' then ' ~ host
            ~ ' else coalesce(nullif(' ~ regexp_group(host, pattern) ~ ", ''), " ~ host ~ ') end'
        ) -%}
    {%- endfor -%}
    case
        when {{ referring_host }} = {{ page_host }} then null
        when {{ domains | join(' = ') }} then null
        else {{ referring_host }}
    end
{%- endmacro %}
