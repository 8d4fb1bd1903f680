{% macro accept_rewritten_files() -%}
    {%- for file in rewritten_raw_files() %}
    {%- set is_file = 'source_name = ' ~ sql_text(file.source_name) ~ ' and raw_file = ' ~ sql_text(file.raw_file) %}
    delete from {{ relation_named('int_events_received') }} where {{ is_file }} and rejection_reason = 'erased';
    update {{ previous_run('int_raw_files') }} as listed
    set row_count = {{ file.row_count }}, size_bytes = present.size_bytes, modified_at = present.modified_at
    from {{ raw_files() }} as present
    where
        listed.{{ is_file | replace(' and raw_file', ' and listed.raw_file') }}
        and present.source_name = listed.source_name and present.raw_file = listed.raw_file;
    {%- if load_relation(relation_named('noted_raw_files')) is not none %}
    update {{ relation_named('noted_raw_files') }} as noted
    set row_count = {{ file.row_count }}, size_bytes = listed.size_bytes, modified_at = listed.modified_at
    from {{ previous_run('int_raw_files') }} as listed
    where
        listed.{{ is_file | replace(' and raw_file', ' and listed.raw_file') }}
        and noted.source_name = listed.source_name and noted.raw_file = listed.raw_file;
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
