{% macro url_parameter(query_string, names) -%}
    {#- Before and after `#` or another `?`, in any capitals, and where a page wrote its links with `&amp;`. A plus sign is a blank. -#}
    {%- set value = regexp_group(query_string, '(?i)[?&#](?:amp;)*(?:' ~ names | join('|') ~ ')=([^&#?]+)') -%}
    {{ adapter.dispatch('url_decoded', 'identity_graph')("replace(" ~ value ~ ", '+', ' ')") }}
{%- endmacro %}

{% macro duckdb__url_decoded(value) -%}
    {#- What cannot be decoded stays as it was sent: old senders escape other encodings than UTF-8. -#}
    nullif(trim(coalesce(try(url_decode({{ value }})), {{ value }})), '')
{%- endmacro %}

{% macro bigquery__url_decoded(value) -%}
    {#- BigQuery has no function for it: escaped bytes and the text between them are put together again. -#}
    nullif(
        trim(case
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
        end),
        ''
    )
{%- endmacro %}

{% macro click_id_parameters() -%}
    {#- Read when the model compiles: one pattern of all names. A paid click goes before what many clicks, or any link, may carry. -#}
    {% set parameters, seed = [], ref('click_id_parameters') %}
    {% set place = 'case when is_paid and identifies_click then 0 when is_paid then 1 else 2 end' %}
    {% set rows = 'select parameter, is_paid and identifies_click, value_pattern from ' ~ seed ~ ' order by ' ~ place ~ ', parameter' %}
    {% for row in (run_query(rows) if execute and load_relation(seed) is not none else []) %}
        {% do parameters.append({'name': row[0], 'is_paid_click': row[1], 'value_pattern': row[2]}) %}
    {% endfor %}
    {{ return(parameters) }}
{%- endmacro %}
