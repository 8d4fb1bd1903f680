{% macro url_parameter(query_string, names) -%}
    {{ return(adapter.dispatch('url_parameter', 'identity_graph')(query_string, names)) }}
{%- endmacro %}

{% macro duckdb__url_parameter(query_string, names) -%}
    nullif(url_decode(replace(
        regexp_extract({{ query_string }}, '[?&](?:{{ names | join("|") }})=([^&#]*)', 1), '+', ' '
    )), '')
{%- endmacro %}
