{% macro files_changed_unseen(loaded_files) -%}
    {#- Files whose time tells nothing, by their content. Once that was seen to be the same, the time tells what comes after. -#}
    {% set noted, changed = relation_named('noted_raw_files'), [] %}
    {#- Listing all files again is only worth it where there is one to look at. -#}
    {% set files = stored_rows(
        noted, 'source_name, raw_file, content_hash', 'where content_hash is not null and (source_name, raw_file) in (select source_name, raw_file from '
        ~ loaded_files ~ ') and (source_name, raw_file) in (select source_name, raw_file from ' ~ raw_files() ~ ') order by 1, 2'
    ) if stored_rows(noted, '1', 'where content_hash is not null limit 1') else [] %}
    {% set hashes = content_hashes(files | map(attribute=1) | list) %}
    {% for file in files if hashes[file[1]] != file[2] %}
        {% do changed.append({'source_name': file[0], 'raw_file': file[1]}) %}
    {% endfor %}
    {% if files and not changed %}
        {% do run_query('update ' ~ noted ~ ' set content_hash = null where content_hash is not null and not ' ~ may_change_unseen('modified_at')) %}
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
