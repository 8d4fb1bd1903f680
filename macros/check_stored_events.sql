{% macro check_stored_events(left_alone) -%}
    {% set loaded_files = relation_named('int_raw_files') %}
    {% if not flags.FULL_REFRESH and load_relation(event_loads()) is not none and load_relation(loaded_files) is not none %}
        {% set again = ' The stored events cannot be continued: run dbt build --full-refresh.' %}
        {% set loads = run_query('select raw_location from ' ~ event_loads() ~ ' order by load_number desc limit 1').rows %}
        {% set locations = raw_locations() %}
        {% for location in (loads[0][0].split(' | ') if loads else [])
            if location not in locations and not has_all_loaded_files(location.split(': ')[0], loaded_files) %}
            {{ exceptions.raise_compiler_error(
                'The stored events were read from ' ~ location ~ ', and not all files of it are among the raw events now ('
                ~ locations | join(' | ') ~ ').' ~ again ~ left_alone
            ) }}
        {% endfor %}
        {% set rewritten = rewritten_raw_files() | map(attribute='raw_file') | list %}
        {% set changed_files = run_query(
            'select present.source_name, present.raw_file from ' ~ raw_files() ~ ' as present inner join ' ~ loaded_files
            ~ ' as loaded on present.source_name = loaded.source_name and present.raw_file = loaded.raw_file where '
            ~ adapter.dispatch('has_changed', 'identity_graph')('present', 'loaded') ~ ' order by 1, 2'
        ).rows | rejectattr(1, 'in', rewritten) | list %}
        {% set relations = raw_tables() | selectattr('is_relation') | map(attribute='source_name') | list %}
        {% if relations %}
            {% set shrunk = run_query(
                'select loaded.raw_file from ' ~ loaded_files ~ ' as loaded left join ' ~ raw_files() ~ ' as present on loaded.source_name'
                ~ " = present.source_name and loaded.raw_file = present.raw_file where loaded.source_name = 'generic'"
                ~ ' and coalesce(present.total_rows, 0) < loaded.row_count order by 1'
            ).columns[0].values() | reject('in', rewritten) | list %}
            {% if shrunk %}
                {{ exceptions.raise_compiler_error(
                    raw_source_label('generic') ~ ' holds fewer rows than were loaded that arrived on ' ~ shrunk[:3] | join(', ')
                    ~ '. Rows may be added to it, not taken away or changed.' ~ again ~ left_alone
                ) }}
            {% endif %}
        {% endif %}
        {% if changed_files %}
            {{ exceptions.raise_compiler_error(
                raw_source_label(changed_files[0][0]) ~ ': ' ~ (changed_files | map(attribute=1) | list)[:3] | join(', ')
                ~ ' changed after it was loaded' ~ (' (its size or time)' if target.type == 'duckdb' else '') ~ '. New events belong into a new ' ~ ('file.' if target.type == 'duckdb' else 'partition.')
                ~ again ~ left_alone
            ) }}
        {% endif %}
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
