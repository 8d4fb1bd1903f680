{% macro relation_fingerprint(relation) -%}
    {{ return(adapter.dispatch('relation_fingerprint', 'identity_graph')(relation)) }}
{%- endmacro %}

{% macro duckdb__relation_fingerprint(relation) -%}
    select md5(coalesce(string_agg(cast(row_of as varchar), '|' order by cast(row_of as varchar)), '')) from {{ relation }} as row_of
{%- endmacro %}

{% macro bigquery__relation_fingerprint(relation) -%}
    select to_hex(md5(coalesce(string_agg(to_json_string(row_of), '|' order by to_json_string(row_of)), ''))) from {{ relation }} as row_of
{%- endmacro %}
