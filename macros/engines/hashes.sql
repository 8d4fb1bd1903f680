{% macro sha256_hex(value) -%}
    {{ return(adapter.dispatch('sha256_hex', 'identity_graph')(value)) }}
{%- endmacro %}

{% macro duckdb__sha256_hex(value) -%}
    sha256({{ value }})
{%- endmacro %}

{% macro bigquery__sha256_hex(value) -%}
    to_hex(sha256({{ value }}))
{%- endmacro %}

{% macro hash_64(columns) -%}
    {{ return(adapter.dispatch('hash_64', 'identity_graph')(columns)) }}
{%- endmacro %}

{% macro duckdb__hash_64(columns) -%}
    cast(hash({{ columns | join(', ') }}) >> 2 as bigint)
{%- endmacro %}

{% macro bigquery__hash_64(columns) -%}
    {#- As a list, because concat is null where one of its parts is. -#}
    farm_fingerprint(to_json_string([
        {%- for column in columns %}cast({{ column }} as string){{ ', ' if not loop.last }}{% endfor -%}
    ])) >> 2
{%- endmacro %}

{% macro surrogate_key(fields) -%}
    {#- Each field goes with its length, so that no two lists of fields give one text. -#}
    {%- set parts = [] -%}
    {%- for field in fields -%}
        {%- set text = "coalesce(cast(" ~ field ~ " as " ~ dbt.type_string() ~ "), '')" -%}
        {%- do parts.append("cast(length(" ~ text ~ ") as " ~ dbt.type_string() ~ ") || ':' || " ~ text) -%}
    {%- endfor -%}
    {{ dbt.hash(parts | join(' || ')) }}
{%- endmacro %}
