{% macro has_all_loaded_files(source_name, loaded_files) -%}
    {{ return(adapter.dispatch('has_all_loaded_files', 'identity_graph')(source_name, loaded_files)) }}
{%- endmacro %}

{% macro duckdb__has_all_loaded_files(source_name, loaded_files) -%}
    {% set lost = run_query(
        "select count(*) from " ~ loaded_files ~ " as loaded where loaded.source_name = '" ~ source_name ~ "' and not exists (select 1 from "
        ~ raw_files() ~ ' as present where present.source_name = loaded.source_name and present.raw_file = loaded.raw_file)'
    ) %}
    {{ return(lost.rows[0][0] == 0) }}
{%- endmacro %}

{% macro bigquery__has_all_loaded_files(source_name, loaded_files) -%}
    {#- Partitions of any table have the same names. -#}
    {{ return(false) }}
{%- endmacro %}
