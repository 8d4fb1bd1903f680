{% macro url_parameter(query_string, names) -%}
    {{ return(adapter.dispatch('url_parameter', 'identity_graph')(query_string, names)) }}
{%- endmacro %}

{% macro duckdb__url_parameter(query_string, names) -%}
    {%- set value -%}
    replace(regexp_extract({{ query_string }}, '[?&](?:{{ names | join("|") }})=([^&#]*)', 1), '+', ' ')
    {%- endset -%}
    {#- What cannot be decoded stays as it was sent: old senders escape other encodings than UTF-8. -#}
    nullif(coalesce(try(url_decode({{ value }})), {{ value }}), '')
{%- endmacro %}

{% macro bigquery__url_parameter(query_string, names) -%}
    nullif(replace(regexp_extract({{ query_string }}, r'[?&](?:{{ names | join("|") }})=([^&#]*)'), '+', ' '), '')
{%- endmacro %}
