{% macro is_server_library(library_name) -%}
    {#- By the language: analytics-ruby, @segment/analytics-node, Analytics.NET, rudder-sdk-python. No page's or app's names one of these. -#}
    coalesce({{ regexp_matches(
        'lower(' ~ library_name ~ ')', "'([-_/.]|^)(node|python|ruby|java|go|php|net|rust|clojure)([-_/]|$)'"
    ) }}, false)
{%- endmacro %}
