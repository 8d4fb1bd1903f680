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
