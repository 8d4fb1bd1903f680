{% macro new_raw_files(loaded) -%}
    {#- Named when the model compiles, because only constants keep either engine from reading the others. -#}
    {{ return(adapter.dispatch('new_raw_files', 'identity_graph')(loaded)) }}
{%- endmacro %}

{% macro duckdb__new_raw_files(loaded) -%}
    {% if loaded is none and not var('raw_files_like') %}
        {{ return(none) }}
    {% endif %}
    {% set files = ["''"] %}
    {% if execute %}
        {% set conditions = [] %}
        {% if loaded is not none %}
            {#- The list of files is short; files of a run that broke off before it was written are found by their load. -#}
            {% set listed = source('previous_run', 'int_raw_files') %}
            {% set last_listed_load = 0 %}
            {% if load_relation(listed) is not none %}
                {% do conditions.append('file not in (select raw_file from ' ~ listed ~ ')') %}
                {% set last_listed_load = run_query('select coalesce(max(load_number), 0) from ' ~ listed).columns[0][0] %}
            {% endif %}
            {% do conditions.append(
                'file not in (select raw_file from ' ~ loaded ~ ' where load_number > ' ~ last_listed_load ~ ')'
            ) %}
        {% endif %}
        {% if var('raw_files_like') %}
            {% do conditions.append("file like '" ~ var('raw_files_like') | replace("'", "''") ~ "'") %}
        {% endif %}
        {% for row in run_query(
            "select file from glob('" ~ raw_location() | replace("'", "''") ~ "') where "
            ~ conditions | join(' and ') ~ ' order by 1'
        ) %}
            {% do files.append("'" ~ row[0] | replace("'", "''") ~ "'") %}
        {% endfor %}
    {% endif %}
    {{ return(files) }}
{%- endmacro %}

{% macro bigquery__new_raw_files(loaded) -%}
    {#- What still grows is left for a later run; the streaming buffer is emptied within 90 minutes. -#}
    {% set files = ["timestamp '1970-01-01'"] %}
    {% if execute and flags.WHICH in ['build', 'run', 'compile', 'show'] and not flags.EMPTY %}
        {% set conditions = ['timestamp_add(raw_file, interval (period_hours + 2) hour) <= ' ~ run_clock()] %}
        {% if loaded is not none %}
            {% do conditions.append('raw_file not in (select raw_file from ' ~ loaded ~ ')') %}
        {% endif %}
        {% if var('raw_files_like') %}
            {% do conditions.append("cast(raw_file as string) like '" ~ var('raw_files_like') | replace("'", "\\'") ~ "'") %}
        {% endif %}
        {% for row in run_query(
            "select format_timestamp('%F %T', raw_file) from " ~ raw_files() ~ ' as present where '
            ~ conditions | join(' and ') ~ ' order by 1'
        ) %}
            {% do files.append("timestamp '" ~ row[0] ~ "'") %}
        {% endfor %}
    {% endif %}
    {{ return(files) }}
{%- endmacro %}
