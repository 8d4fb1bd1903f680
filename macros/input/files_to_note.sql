{% macro files_to_note(tables, loaded) -%}
    {#- What the file system says of the files that no row is stored of, with a hash of those that may change within the same second. Of
        events.CSV.gz the format is csv, for readers unpack by name themselves. -#}
    {% set load_number = (stored_rows(relation_named('event_loads'), 'coalesce(max(load_number), 0) + 1') or [[1]])[0][0] %}
    {% for table in tables %}
        select
            '{{ table.source_name }}' as source_name, '{{ table.name }}' as table_name, filename as raw_file,
            {% if table.is_read_by_ending -%} case
                {% for format, endings in {'parquet': 'parquet|pq|parq', 'csv': 'csv|tsv|tab|txt', 'json': 'ndjson|jsonl|json'}.items() -%}
                when regexp_matches(lower(filename), '[.]({{ endings }})([.](gz|zst))?$') then '{{ format }}'
                {% endfor -%}
                else 'unknown' end {%- else %}{{ "'parquet'" if 'read_parquet' in table.relation | string else "'line'" }}{% endif %} as file_format,
            '[]' as column_names, false as is_read_whole, size as size_bytes, cast(last_modified as timestamp) as modified_at,
            0::bigint as row_count, {{ load_number }}::bigint as load_number,
            case when {{ may_change_unseen('modified_at') }} then '' end as content_hash
        from read_blob({{ sql_text(table.location) }})
        where {{ 'filename not in (select raw_file from ' ~ loaded ~ " where source_name = '" ~ table.source_name ~ "')" if loaded else 'true' }}
            {{ 'and filename like ' ~ sql_text(var('raw_files_like')) if var('raw_files_like') }}
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            '' as source_name, '' as table_name, '' as raw_file, '' as file_format, '' as column_names, false as is_read_whole, 0::bigint as size_bytes,
            now()::timestamp as modified_at, 0::bigint as row_count, 0::bigint as load_number, '' as content_hash limit 0
    {% endfor %}
{%- endmacro %}

{% macro note_line_files(files, table, label) -%}
    {% do note_files(table, 'select raw_file as path, count(*) as line_count from ' ~ read_lines(files) ~ " where trim(line) != '' group by 1", 'row_count = line_count') %}
{%- endmacro %}

{% macro refuse_files(paths, table, label) -%}
    {{ refuse(label ~ paths[:5] | join(', ') ~ (' and ' ~ (paths | length - 5) ~ ' more' if paths | length > 5 else '') ~ ' is none of the kinds that are read,'
        ~ ' by the end of its name (.parquet, .csv, .tsv, .txt, .ndjson, .jsonl, .json; packed .gz or .zst). Name only the files of events.') }}
{%- endmacro %}

{% macro may_change_unseen(modified_at) -%}
    {#- A file system tells whole seconds: what is written within the same one again has the same time. -#}
    {{ modified_at }} > cast(now() as timestamp) - interval 2 seconds
{%- endmacro %}
