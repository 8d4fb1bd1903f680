{% macro make_folder(folder) -%}
    {#- DuckDB makes a folder only for a partitioned write, the last one of a path. Without a row it writes nothing into it. -#}
    {%- set parents = [] -%}
    {%- for name in ([] if '://' in folder else folder.split('/')) -%}
        {%- do parents.append(name) -%}
        {%- if name -%}
            {%- do run_query(
                'copy (select 1 as a, 2 as b where false) to ' ~ sql_text(parents | join('/'))
                ~ ' (format parquet, partition_by (a), overwrite_or_ignore)'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
