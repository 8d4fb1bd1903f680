{% macro url_click_id(query_string) -%}
    coalesce(
        {{ url_parameter(query_string, click_id_names(is_paid=true)) }},
        {{ url_parameter(query_string, click_id_names(is_paid=false)) }}
    )
{%- endmacro %}
