{% macro files_to_note(table, loaded, label) -%}
    {#- What the file system says of the files of a table that no row is stored of. -#}
    {% set conditions = ['true'] %}
    {% if loaded %}
        {% do conditions.append('filename not in (select raw_file from ' ~ loaded ~ ' where source_name = ' ~ sql_text(table.source_name) ~ ')') %}
    {% endif %}
    {% if var('raw_files_like') %}
        {% do conditions.append('filename like ' ~ sql_text(var('raw_files_like'))) %}
    {% endif %}
    {% set files = [] %}
    {% for path, size_bytes, modified_at, is_fresh in run_query(
        'select filename, size, strftime(cast(last_modified as timestamp), \'%Y-%m-%d %H:%M:%S.%f\'), '
        ~ may_change_unseen('cast(last_modified as timestamp)') ~ ' from read_blob('
        ~ sql_text(table.location) ~ ') where ' ~ conditions | join(' and ') ~ ' order by 1'
    ).rows %}
        {% do files.append({
            'source_name': table.source_name, 'table_name': table.name, 'raw_file': path, 'size_bytes': size_bytes | int,
            'modified_at': modified_at, 'names': [], 'row_count': 0, 'is_read_whole': false, 'is_fresh': is_fresh,
            'format': file_format(path) if table.is_read_by_ending else 'parquet' if 'read_parquet' in table.relation | string else 'lines'
        }) %}
    {% endfor %}
    {% set unknown = files | selectattr('format', 'none') | map(attribute='raw_file') | list %}
    {% if unknown %}
        {{ refuse(
            label ~ unknown[:5] | join(', ') ~ (' and ' ~ (unknown | length - 5) ~ ' more' if unknown | length > 5 else '')
            ~ ' is none of the kinds that are read, by the end of its name (.parquet, .csv, .tsv, .txt, .ndjson, .jsonl, .json; packed .gz or .zst).'
            ~ ' Name only the files of events.'
        ) }}
    {% endif %}
    {% set hashes = content_hashes(files | selectattr('is_fresh') | map(attribute='raw_file') | list) %}
    {% for file in files %}
        {% do file.update({'content_hash': hashes.get(file.raw_file)}) %}
    {% endfor %}
    {{ return(files) }}
{%- endmacro %}
