{% macro new_raw_files(loaded) -%}
    {#- Named when the model compiles, because only constants keep DuckDB from opening the other files. -#}
    {% set files = [] %}
    {% if execute %}
        {% set conditions = [] %}
        {% if loaded is not none %}
            {% do conditions.append('file not in (select raw_file from ' ~ loaded ~ ')') %}
        {% endif %}
        {% if var('raw_files_like') %}
            {% do conditions.append("file like '" ~ var('raw_files_like') | replace("'", "''") ~ "'") %}
        {% endif %}
        {% for row in run_query(
            "select file from glob('" ~ raw_location() | replace("'", "''") ~ "') where "
            ~ conditions | join(' and ') ~ ' order by 1'
        ) %}
            {% do files.append(row[0] | replace("'", "''")) %}
        {% endfor %}
    {% endif %}
    {{ return(files) }}
{%- endmacro %}
