{% macro note_raw_files() -%}
    {#- Looks into each file that is new, before anything is written: what it holds, and which lines of it are no rows. -#}
    {% set noted, malformed = relation_named('noted_raw_files'), relation_named('malformed_raw_rows') %}
    {% set loaded, tables = loaded_raw_files(), raw_tables() | rejectattr('is_relation') | list %}
    {% do run_query(
        'create or replace temporary table new_malformed_rows (source_name varchar, raw_file varchar, line_number bigint);'
        ~ ' create or replace temporary table new_files as ' ~ files_to_note(tables, loaded)
    ) %}
    {#- Where a file ends is written at its end, or with each packed part. -#}
    {% set cut = run_query("select string_agg(raw_file, ', ' order by raw_file) from new_files where size_bytes = 0"
        ~ " and (file_format = 'parquet' or regexp_matches(lower(raw_file), '[.](gz|zst)$'))").rows[0][0] %}
    {{ refuse('Nothing is in these files, not even what tells of their kind: ' ~ cut ~ '. Write them whole, or take them away.') if cut }}
    {% set notes = {'parquet': note_parquet_files, 'csv': note_csv_files, 'json': note_json_files, 'line': note_line_files, 'unknown': refuse_files} %}
    {% for source_name, table_name, format, paths, fresh_paths in run_query(
        'select source_name, table_name, file_format, string_agg(raw_file, chr(29) order by raw_file), string_agg(raw_file, chr(29))'
        ~ " filter (content_hash = '') from new_files group by 1, 2, 3 order by case file_format when 'unknown' then 0 else 1 end, 1, 2"
    ).rows %}
        {% set table = tables | selectattr('source_name', 'eq', source_name) | selectattr('name', 'eq', table_name) | first %}
        {% do notes[format](paths.split('\x1d'), table, raw_source_label(source_name) ~ ': ') %}
        {% do run_query('update new_files set content_hash = md5(content) from read_blob(' ~ names_of_files(fresh_paths.split('\x1d'))
            ~ ") where filename = raw_file and content_hash = ''") if fresh_paths %}
    {% endfor %}
    {% for row in ([] if loaded else run_query(
        "select string_agg(raw_file, ', ' order by raw_file) from new_files where source_name = 'generic' having sum(row_count) = 0"
    ).rows) %}
        {{ refuse(raw_source_label('generic') ~ ': ' ~ row[0] ~ ' holds no event.') }}
    {% endfor %}
    {#- What a run noted that read nothing of it is noted again. A database of an earlier version has the table without the hash. -#}
    {% set is_unread = ' where ' ~ ('(source_name, raw_file) not in (select source_name, raw_file from ' ~ loaded ~ ')' if loaded else 'true') %}
    {% do run_query(
        'create table if not exists ' ~ noted ~ ' as select * from new_files where false; alter table ' ~ noted ~ ' add column if not exists'
        ~ ' content_hash varchar; create table if not exists ' ~ malformed ~ ' (source_name varchar, raw_file varchar, row_place bigint,'
        ~ ' line_number bigint, load_number bigint); delete from ' ~ noted ~ is_unread ~ '; delete from ' ~ malformed ~ is_unread
        ~ '; insert into ' ~ noted ~ ' by name from new_files; insert into ' ~ malformed ~ ' by name select *,'
        ~ ' row_number() over (partition by source_name, raw_file order by line_number) as row_place from new_malformed_rows'
        ~ ' inner join (select distinct load_number from new_files) on true; drop table new_malformed_rows; drop table new_files'
    ) %}
    {% do [adapter.cache_added(noted), adapter.cache_added(malformed)] %}
{%- endmacro %}

{% macro note_files(table, found, values) -%}
    {% do run_query('update new_files set ' ~ values ~ ' from (' ~ found ~ ') as found where new_files.raw_file = found.path and source_name = '
        ~ sql_text(table.source_name) ~ ' and table_name = ' ~ sql_text(table.name)) %}
{%- endmacro %}

{% macro files_to_note(tables, loaded) -%}
    {#- What the file system says of the files that no row is stored of, with a hash of those that may change within the same second. Of
        events.CSV.gz the format is csv, for readers unpack by name themselves. -#}
    {% set load_number = (stored_rows(relation_named('event_loads'), 'coalesce(max(load_number), 0) + 1') or [[1]])[0][0] %}
    {% for table in tables %}
        select
            '{{ table.source_name }}' as source_name, '{{ table.name }}' as table_name, filename as raw_file,
            {% if table.is_read_by_ending -%} case
                {% for format, endings in endings_of_formats(table) -%}
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
        ~ ' by the end of its name (.' ~ endings_of_formats(table) | map(attribute=1) | join('|') | replace('|', ', .') ~ '; packed .gz or .zst).'
        ~ ' Name only the files of events.') }}
{%- endmacro %}

{% macro endings_of_formats(table) -%}
    {% set formats = [('parquet', 'parquet|pq|parq'), ('csv', 'csv|tsv|tab|txt'), ('json', 'ndjson|jsonl|json')] %}
    {{ return(formats | selectattr(0, 'in', table.file_formats) | list) }}
{%- endmacro %}

{% macro may_change_unseen(modified_at) -%}
    {#- A file system tells whole seconds: what is written within the same one again has the same time. -#}
    {{ modified_at }} > cast(now() as timestamp) - interval 2 seconds
{%- endmacro %}
