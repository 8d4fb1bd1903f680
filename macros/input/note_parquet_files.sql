{% macro note_parquet_files(files, table, label) -%}
    {#- The ends of the files say how many rows of what types there are. Files of one schema are looked at together. -#}
    {% set counts = {} %}
    {% set names = {} %}
    {% for batch in files | batch(1000) %}
        {% set paths = sql_text(batch | map(attribute='raw_file')) %}
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
            {% set schema = parquet_columns(row[0]) %}
            {% set files_of_schema = row[1].split('\x1d') %}
            {% set float_ids = schema.types | dictsort | selectattr(0, 'in', table.id_columns) | selectattr(1, 'eq', 'DOUBLE') | list %}
            {#- Each of them is asked for its ids only where these are floating-point numbers. -#}
            {% for path in (files_of_schema if float_ids else files_of_schema[:1]) %}
                {% do check_column_types(schema.types, table, label ~ path, 'read_parquet(' ~ sql_text(path) ~ ')') %}
            {% endfor %}
            {#- What a reader takes of one kind only: nested columns of the same fields, and ids that are floating-point numbers. -#}
            {% set kinds = dict(schema.fields_within, **dict(float_ids)) if table.is_read_by_ending else [] %}
            {#- Every page is read once, so that a damaged one ends the run here, and not after half of it was written. -#}
            {% do run_query('select max(hash(pages)) from read_parquet(' ~ sql_text(files_of_schema) ~ ') as pages') %}
            {% for path in files_of_schema %}
                {% do names.update({path: kinds}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% for file in files %}
        {% do file.update({'row_count': counts[file.raw_file], 'names': names.get(file.raw_file, [])}) %}
    {% endfor %}
{%- endmacro %}

{% macro parquet_columns(schema_text) -%}
    {#- By name in lower case, the types of the columns that lie in no other, and a hash of the fields within the nested ones. -#}
    {% set types, fields_within = {}, {} %}
    {% set inside = namespace(left=0, name=none) %}
    {% for field in schema_text.split('\x1e')[1:] %}
        {% set name, type, children = field.split('\x1f') %}
        {% if inside.left == 0 %}
            {% set inside.name = name | lower %}
            {% set inside.left = children | int %}
            {% do types.update({inside.name: 'NESTED' if inside.left > 0 else type}) %}
        {% else %}
            {% set inside.left = inside.left - 1 + children | int %}
            {% do fields_within.update({inside.name: local_md5(fields_within.get(inside.name, '') ~ field)}) %}
        {% endif %}
    {% endfor %}
    {{ return({'types': types, 'fields_within': fields_within}) }}
{%- endmacro %}
