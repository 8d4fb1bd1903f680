{% macro check_stored_events(left_alone) -%}
    {% set loaded_files = adapter.dispatch('files_as_stored', 'identity_graph')() if not flags.FULL_REFRESH and load_relation(event_loads()) is not none %}
    {% if loaded_files %}
        {% set again = ' The stored events cannot be continued: run dbt build --full-refresh.' %}
        {% set loads = run_query('select raw_location from ' ~ event_loads() ~ ' order by load_number desc limit 1').rows %}
        {% set locations = raw_locations() %}
        {#- A run that began before the relation of its events was made names none. -#}
        {% for location in (loads[0][0].split(' | ') if loads and loads[0][0] else [])
            if location not in locations and not has_all_loaded_files(location.split(': ')[0], loaded_files) %}
            {{ exceptions.raise_compiler_error(
                'The stored events were read from ' ~ location ~ ', and not all files of it are among the raw events now ('
                ~ locations | join(' | ') ~ ').' ~ again ~ left_alone
            ) }}
        {% endfor %}
        {% set rewritten = rewritten_raw_files() | map(attribute='raw_file') | list %}
        {% set relations = raw_tables() | selectattr('is_relation') | map(attribute='source_name') | list %}
        {#- A file may be archived once it is loaded; a relation keeps its rows. -#}
        {% set changed_files = run_query(
            'select loaded.source_name, loaded.raw_file from ' ~ loaded_files ~ ' as loaded left join ' ~ raw_files()
            ~ ' as present on loaded.source_name = present.source_name and loaded.raw_file = present.raw_file where '
            ~ adapter.dispatch('has_changed', 'identity_graph')('present', 'loaded')
            ~ " or present.raw_file is null and loaded.source_name in ('" ~ relations | join("', '") ~ "') order by 1, 2"
        ).rows | rejectattr(1, 'in', rewritten) | list %}
        {% do changed_files.extend(adapter.dispatch('files_changed_unseen', 'identity_graph')() | rejectattr(1, 'in', rewritten)) %}
        {% for source_name, files in changed_files | groupby(0) if not (source_name in relations and is_awaited()) %}
            {% set label = raw_source_label(source_name) %}
            {% set names = (files | map(attribute=1) | list)[:3] | join(', ') %}
            {{ exceptions.raise_compiler_error(
                (label ~ ' holds fewer rows than were loaded of those that arrived on ' ~ names ~ '. Rows may be added to it, not taken away.'
                    if source_name in relations
                    else label ~ ': ' ~ names ~ ' changed after it was loaded (its size, time or content). New events belong into a new file; so does what was written again, for copies are dropped.'
                    if target.type == 'duckdb'
                    else label ~ ': ' ~ names ~ ' changed after it was loaded. New events belong into a new partition.')
                ~ again ~ left_alone
            ) }}
        {% endfor %}
    {% endif %}
{%- endmacro %}

{% macro duckdb__has_changed(present, loaded) -%}
    {{ present }}.size_bytes != {{ loaded }}.size_bytes
    or {{ present }}.modified_at != {{ loaded }}.modified_at
    or {{ present }}.total_rows < {{ loaded }}.row_count
{%- endmacro %}

{% macro bigquery__has_changed(present, loaded) -%}
    {#- What may grow is read again; that it shrinks, when a vendor closes a day, takes nothing back. -#}
    {{ present }}.total_rows > {{ loaded }}.row_count and not {{ present }}.may_grow
    or {{ present }}.total_rows < {{ loaded }}.row_count and not {{ present }}.may_shrink
{%- endmacro %}

{% macro default__files_changed_unseen() -%}
    {{ return([]) }}
{%- endmacro %}

{% macro duckdb__files_changed_unseen() -%}
    {#- Files whose time tells nothing, by their content. Once that was seen to be the same, the time tells what comes after. -#}
    {% set noted, loaded = noted_raw_files(), loaded_raw_files() %}
    {% set changed = [] %}
    {#- Listing all files again is only worth it where there is one to look at. -#}
    {% if loaded and load_relation(noted) is not none and run_query('select 1 from ' ~ noted ~ ' where content_hash is not null limit 1').rows %}
        {% set files = run_query(
            'select noted.source_name, noted.raw_file, noted.content_hash from ' ~ noted ~ ' as noted inner join ' ~ loaded
            ~ ' as loaded on noted.source_name = loaded.source_name and noted.raw_file = loaded.raw_file inner join ' ~ raw_files()
            ~ ' as present on noted.source_name = present.source_name and noted.raw_file = present.raw_file'
            ~ ' where noted.content_hash is not null order by 1, 2'
        ).rows %}
        {% set hashes = content_hashes(files | map(attribute=1) | list) if files else {} %}
        {% for file in files if hashes[file[1]] != file[2] %}
            {% do changed.append(file) %}
        {% endfor %}
        {% if files and not changed %}
            {% do run_query('update ' ~ noted ~ ' set content_hash = null where content_hash is not null and not ' ~ may_change_unseen('modified_at')) %}
        {% endif %}
    {% endif %}
    {{ return(changed) }}
{%- endmacro %}

{% macro may_change_unseen(modified_at) -%}
    {#- A file system tells whole seconds: what is written within the same one again has the same time. -#}
    {{ modified_at }} > cast(now() as timestamp) - interval 2 seconds
{%- endmacro %}

{% macro content_hashes(paths) -%}
    {{ return(dict(run_query('select filename, md5(content) from read_blob(' ~ sql_texts(paths) ~ ')').rows.values())) }}
{%- endmacro %}

{% macro default__files_as_stored() -%}
    {{ return(load_relation(relation_named('int_raw_files'))) }}
{%- endmacro %}

{% macro duckdb__files_as_stored() -%}
    {#- Of a run that broke off before it listed what it read, only its notes tell. -#}
    {% set listed = load_relation(relation_named('int_raw_files')) %}
    {% if load_relation(noted_raw_files()) is none or loaded_raw_files() is none %}
        {{ return(listed) }}
    {% endif %}
    {% set columns = 'select source_name, raw_file, size_bytes, modified_at, row_count from ' %}
    {% set noted = columns ~ noted_raw_files() ~ ' where (source_name, raw_file) in ' ~ loaded_raw_files() %}
    {{ return('(' ~ (columns ~ listed ~ ' union all ' ~ noted ~ ' and (source_name, raw_file) not in (select source_name, raw_file from ' ~ listed ~ ')'
        if listed else noted) ~ ')') }}
{%- endmacro %}
