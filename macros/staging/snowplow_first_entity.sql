{% macro snowplow_first_entity(json, schema='', properties=[]) -%}
    {#- Readers of JSON may fail where the text is none; a subquery is read even where a case would leave it out. -#}
    {%- set readable = 'case when ' ~ is_json(json) ~ ' then ' ~ json ~ ' end' -%}
    {{ return(adapter.dispatch('snowplow_first_entity', 'identity_graph')(
        readable, 'iglu:' ~ schema ~ ('/' if schema else ''), properties
    )) }}
{%- endmacro %}

{% macro duckdb__snowplow_first_entity(json, schema, properties) -%}
    cast(json_extract(list_filter(
        json_extract({{ json }}, '$.data[*]'),
        lambda entity: starts_with(json_extract_string(entity, '$.schema'), '{{ schema }}')
        {%- if properties %} and {{ json_text_of_any("json_extract(entity, '$.data')", properties) }} is not null{% endif %}
    )[1], '$.data') as varchar)
{%- endmacro %}

{% macro bigquery__snowplow_first_entity(json, schema, properties) -%}
    (
        select json_query(entity, '$.data')
        from unnest(json_query_array({{ json }}, '$.data')) as entity with offset as position
        where
            starts_with(json_value(entity, '$.schema'), '{{ schema }}')
            {%- if properties %} and {{ json_text_of_any("json_query(entity, '$.data')", properties) }} is not null{% endif %}
        order by position
        limit 1
    )
{%- endmacro %}
