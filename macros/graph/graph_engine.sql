{% macro graph_engine() -%}
    {%- set engine = var('graph_engine') or ('python' if target.type == 'duckdb' else 'sql') -%}
    {%- if engine not in ['python', 'sql'] -%}
        {{ exceptions.raise_compiler_error("graph_engine is " ~ engine ~ "; it must be python or sql.") }}
    {%- endif -%}
    {{ return(engine) }}
{%- endmacro %}
