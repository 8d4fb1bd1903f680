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
        {% for group in run_query(
            'select schema_text, cast(to_json(list(file_name order by file_name)) as varchar) from ' ~ schemas ~ ' group by schema_text order by min(file_name)'
        ).rows %}
            {% set group_paths = fromjson(group[1]) %}
            {% do check_column_types(top_columns(group[0]), table, label ~ group_paths[0], left_alone) %}
            {#- Every page is read once, so that a damaged one ends the run here, and not after half of it was written. -#}
            {% do run_query('select max(hash(pages)) from read_parquet(' ~ sql_texts(group_paths) ~ ') as pages') %}
            {% for path in (group_paths if table.is_read_by_ending else []) %}
                {% do names.update({path: nested_columns(group[0])}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% for file in files %}
        {% do file.update({'row_count': counts[file.raw_file], 'names': names.get(file.raw_file, [])}) %}
    {% endfor %}
{%- endmacro %}

{% macro nested_columns(schema_text) -%}
    {#- By name, what lies within: a reader of several files takes nested columns of one kind only. -#}
    {% set within = {} %}
    {% set inside = namespace(left=0, name=none) %}
    {% for field in schema_text.split('\x1e')[1:] %}
        {% set name, type, children = field.split('\x1f') %}
        {% if inside.left == 0 %}
            {% set inside.name = name | lower %}
            {% set inside.left = children | int %}
        {% else %}
            {% set inside.left = inside.left - 1 + children | int %}
            {% do within.update({inside.name: within.get(inside.name, '') ~ field}) %}
        {% endif %}
    {% endfor %}
    {% for name, fields in within.items() %}
        {% do within.update({name: local_md5(fields)}) %}
    {% endfor %}
    {{ return(within) }}
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
