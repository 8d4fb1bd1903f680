{% macro files_changed_unseen(loaded_files) -%}
    {#- Files whose time tells nothing, by their content. Once that was seen to be the same, the time tells what comes after. -#}
    {% set noted = relation_named('noted_raw_files') %}
    {% set changed = [] %}
    {#- Listing all files again is only worth it where there is one to look at. -#}
    {% if load_relation(noted) is not none and run_query('select 1 from ' ~ noted ~ ' where content_hash is not null limit 1').rows %}
        {% set files = run_query(
            'select noted.source_name, noted.raw_file, noted.content_hash from ' ~ noted ~ ' as noted inner join ' ~ loaded_files
            ~ ' as loaded on noted.source_name = loaded.source_name and noted.raw_file = loaded.raw_file inner join ' ~ raw_files()
            ~ ' as present on noted.source_name = present.source_name and noted.raw_file = present.raw_file'
            ~ ' where noted.content_hash is not null order by 1, 2'
        ).rows %}
        {% set hashes = content_hashes(files | map(attribute=1) | list) %}
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
    {{ return(dict(run_query('select filename, md5(content) from read_blob(' ~ sql_text(paths) ~ ')').rows.values()) if paths else {}) }}
{%- endmacro %}
