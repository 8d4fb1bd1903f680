{% macro note_parquet_files(files, table, label, left_alone) -%}
    {#- The ends of the files say how many rows of what types there are. Files of one schema are looked at together. -#}
    {% set counts = {} %}
    {% set names = {} %}
    {% for batch in files | batch(1000) %}
        {% set paths = sql_texts(batch | map(attribute='raw_file')) %}
        {% for row in run_query('select file_name, num_rows from parquet_file_metadata(' ~ paths ~ ')').rows %}
            {% do counts.update({row[0]: row[1] | int}) %}
        {% endfor %}
        {% set schemas %}
            (select file_name, string_agg(name || chr(31) || coalesce(duckdb_type, type, '') || chr(31) || coalesce(num_children, 0), chr(30)
            order by column_id) as schema_text from parquet_schema({{ paths }}) group by file_name)
        {% endset %}
        {% for row in run_query(
            'select schema_text, string_agg(file_name, chr(29) order by file_name) from ' ~ schemas ~ ' group by schema_text order by min(file_name)'
        ).rows %}
            {% set columns = top_columns(row[0]) %}
            {% set kinds = columns_of_own_kind(row[0], table.id_columns) if table.is_read_by_ending else [] %}
            {% set files_of_schema = row[1].split('\x1d') %}
            {#- Each of them is asked for its ids only where these are floating-point numbers. -#}
            {% set holds_floats = columns | dictsort | selectattr(0, 'in', table.id_columns) | selectattr(1, 'eq', 'DOUBLE') | list %}
            {% for path in (files_of_schema if holds_floats else files_of_schema[:1]) %}
                {% do check_column_types(columns, table, label ~ path, left_alone, 'read_parquet(' ~ sql_text(path) ~ ')') %}
            {% endfor %}
            {#- Every page is read once, so that a damaged one ends the run here, and not after half of it was written. -#}
            {% do run_query('select max(hash(pages)) from read_parquet(' ~ sql_texts(files_of_schema) ~ ') as pages') %}
            {% for path in files_of_schema %}
                {% do names.update({path: kinds}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% for file in files %}
        {% do file.update({'row_count': counts[file.raw_file], 'names': names.get(file.raw_file, [])}) %}
    {% endfor %}
{%- endmacro %}

{% macro columns_of_own_kind(schema_text, id_columns) -%}
    {#- By name, what a reader takes of one kind only: what lies within nested columns, and ids that are floating-point numbers. -#}
    {% set kinds = {} %}
    {% set inside = namespace(left=0, name=none) %}
    {% for field in schema_text.split('\x1e')[1:] %}
        {% set name, type, children = field.split('\x1f') %}
        {% if inside.left == 0 %}
            {% set inside.name = name | lower %}
            {% set inside.left = children | int %}
            {% if inside.name in id_columns and type == 'DOUBLE' %}
                {% do kinds.update({inside.name: 'DOUBLE'}) %}
            {% endif %}
        {% else %}
            {% set inside.left = inside.left - 1 + children | int %}
            {% do kinds.update({inside.name: local_md5(kinds.get(inside.name, '') ~ field)}) %}
        {% endif %}
    {% endfor %}
    {{ return(kinds) }}
{%- endmacro %}

{% macro top_columns(schema_text) -%}
    {#- Type by name in lower case, of the columns that lie in no other. -#}
    {% set columns = {} %}
    {% set inside = namespace(left=0) %}
    {% for field in schema_text.split('\x1e')[1:] %}
        {% set name, type, children = field.split('\x1f') %}
        {% if inside.left == 0 %}
            {% do columns.update({name | lower: 'NESTED' if children | int > 0 else type}) %}
            {% set inside.left = children | int %}
        {% else %}
            {% set inside.left = inside.left - 1 + children | int %}
        {% endif %}
    {% endfor %}
    {{ return(columns) }}
{%- endmacro %}
