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
    {%- set value -%}
    replace(regexp_extract({{ query_string }}, r'[?&](?:{{ names | join("|") }})=([^&#]*)'), '+', ' ')
    {%- endset -%}
    {#- BigQuery has no function for it: escaped bytes and the text between them are put together again. -#}
    nullif(
        case
            when {{ value }} like '%\\%%' then coalesce(
                (
                    select safe_cast(from_hex(string_agg(
                        if(regexp_contains(part, r'^%..$'), substr(part, 2), to_hex(cast(part as bytes))), '' order by position
                    )) as string)
                    from unnest(regexp_extract_all({{ value }}, r'%[0-9A-Fa-f]{2}|[^%]+|%')) as part with offset as position
                ),
                {{ value }}
            )
            else {{ value }}
        end,
        ''
    )
{%- endmacro %}
