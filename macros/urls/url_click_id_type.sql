{% macro url_click_id_type(query_string) -%}
    {#- The name of the parameter that url_click_id reads. -#}
    lower(coalesce(
        {%- for is_paid in [true, false] %}
        nullif({{ regexp_group(
            filled_click_ids(query_string), '(?i)[?&#](?:amp;)*(' ~ click_id_names(is_paid) | join('|') ~ ')=[^&#?]'
        ) }}, ''){{ "," if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
