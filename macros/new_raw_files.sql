{% macro new_raw_files(relation) -%}
    {#- Named when the model compiles, because only constants keep DuckDB from opening the other files. -#}
    {% set files = [] %}
    {% if execute %}
        {% for row in run_query(
            "select file from glob('" ~ raw_location() | replace("'", "''") ~ "')"
            ~ ' except select raw_file from ' ~ relation ~ ' order by 1'
        ) %}
            {% do files.append(row[0]) %}
        {% endfor %}
    {% endif %}
    {{ return(files) }}
{%- endmacro %}
