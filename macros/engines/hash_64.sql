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
