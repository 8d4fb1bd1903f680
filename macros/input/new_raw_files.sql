{% macro new_raw_files(source_name, loaded) -%}
    {%- set is_relation = raw_tables() | selectattr('source_name', 'eq', source_name) | selectattr('is_relation') | list -%}
    {{ return(new_arrival_days(source_name, loaded) if is_relation else adapter.dispatch('new_raw_files', 'identity_graph')(source_name, loaded)) }}
{%- endmacro %}

{% macro duckdb__new_raw_files(source_name, loaded) -%}
    {#- What this run found at its start; a file that comes while it runs is the next one's. -#}
    {% set noted = relation_named('noted_raw_files') if execute else none %}
    {% if not noted or flags.EMPTY or load_relation(noted) is none %}
        {{ return(none if loaded is none else ["''"]) }}
    {% endif %}
    {% set files = ["''"] %}
    {% for row in run_query(
        'select raw_file from ' ~ noted ~ ' where source_name = ' ~ sql_text(source_name) ~ ' and load_number = ' ~ current_load() ~ ' order by 1'
    ).rows %}
        {% do files.append(sql_text(row[0])) %}
    {% endfor %}
    {{ return(files) }}
{%- endmacro %}

{% macro bigquery__new_raw_files(source_name, loaded) -%}
    {{ return(new_arrival_days(source_name, loaded)) }}
{%- endmacro %}

{% macro new_arrival_days(source_name, loaded) -%}
    {#- What still grows is left for a later run, or, where rows are added to it for days, read again. -#}
    {% set arrives_by = (raw_tables() | selectattr('source_name', 'eq', source_name) | map(attribute='arrives_by') | list + ['_partitiontime']) | first %}
    {% set literal = 'timestamp ' if target.type == 'bigquery' and arrives_by != '_table_suffix' else '' %}
    {% set files = [literal ~ "'1970-01-01'"] %}
    {% if execute and flags.WHICH in ['build', 'run', 'compile', 'show'] and not flags.EMPTY %}
        {% set conditions = [
            "present.source_name = '" ~ source_name ~ "'",
            '(present.closed_at is null or present.closed_at <= ' ~ run_clock() ~ ')'
        ] %}
        {% if loaded is not none %}
            {#- Files of a run that broke off before the list was written are found by their load. -#}
            {% set listed = previous_run('int_raw_files') %}
            {% set last_listed_load = 0 %}
            {% if load_relation(listed) is not none %}
                {% do conditions.append(
                    'not exists (select 1 from ' ~ listed ~ ' as listed where listed.source_name = present.source_name'
                    ~ ' and listed.raw_file = present.raw_file and (not present.may_grow or listed.row_count >= present.total_rows))'
                ) %}
                {% set last_listed_load = run_query('select coalesce(max(load_number), 0) from ' ~ listed).columns[0][0] %}
            {% endif %}
            {% do conditions.append(
                'not exists (select 1 from ' ~ loaded ~ ' as loaded where loaded.load_number > ' ~ last_listed_load
                ~ ' and loaded.source_name = present.source_name and loaded.raw_file = present.raw_file)'
            ) %}
        {% endif %}
        {% if var('raw_files_like') %}
            {% do conditions.append('present.raw_file like ' ~ sql_text(var('raw_files_like'))) %}
        {% endif %}
        {% for row in run_query('select raw_file from ' ~ raw_files() ~ ' as present where ' ~ conditions | join(' and ') ~ ' order by 1') %}
            {% do files.append(literal ~ "'" ~ row[0] ~ "'") %}
        {% endfor %}
    {% endif %}
    {{ return(files) }}
{%- endmacro %}
