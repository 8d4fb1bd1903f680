{% macro grown_raw_files() -%}
    {#- Tables may grow; a file that changed is refused. -#}
    {% set listed = previous_run('int_raw_files') %}
    {% set files = [] %}
    {% if execute and raw_tables() | selectattr('may_grow') | list and load_relation(listed) is not none %}
        {% set grown = run_query(
            'select present.raw_file, listed.first_load_number, present.source_name from ' ~ raw_files() ~ ' as present inner join ' ~ listed
            ~ ' as listed on present.source_name = listed.source_name and present.raw_file = listed.raw_file'
            ~ ' where present.may_grow and present.total_rows > listed.row_count order by 1'
        ).rows %}
        {% for row in grown %}
            {% do files.append("'" ~ row[2] ~ ':' ~ row[0] ~ "'") %}
        {% endfor %}
        {% if files %}
            {{ return({'files': files, 'first_load_number': grown | map(attribute=1) | min}) }}
        {% endif %}
    {% endif %}
    {{ return(none) }}
{%- endmacro %}
