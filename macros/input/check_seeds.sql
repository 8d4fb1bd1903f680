{% macro check_seeds() -%}
    {#- Into a column of whole numbers DuckDB would load half a day as one; BigQuery refuses it. What is out of the range that a data test of the
        seed allows would be found after it was used, and nowhere in a run without tests. -#}
    {%- set tests, files = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('test_metadata') | list, [] -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'eq', 'seed') | selectattr('package_name', 'eq', 'identity_graph')
        if node.unique_id in selected_resources -%}
        {{ refuse(
            'The dbt_project.yml of ' ~ project_name ~ ' sets delimiter for seeds of identity_graph, whose files have commas. Set it for your own seeds'
            ~ ' alone:\nseeds:\n  ' ~ project_name ~ ':\n    +delimiter: ...\n'
        ) if (node.config.delimiter or ',') != ',' }}
        {%- set rules = [] -%}
        {%- for column, type in node.config.column_types.items() if type == 'integer' -%}
            {%- do rules.append('(' ~ sql_text(column) ~ ', true, null, null)') -%}
        {%- endfor -%}
        {%- for test in tests | selectattr('attached_node', 'eq', node.unique_id) | selectattr('test_metadata.name', 'eq', 'accepted_range') -%}
            {%- set range = test.test_metadata.kwargs -%}
            {%- do rules.append('(' ~ [sql_text(range.column_name), 'false', range.get('min_value', 'null'), range.get('max_value', 'null')] | join(', ') ~ ')') -%}
        {%- endfor -%}
        {%- do files.append(
            'select ' ~ sql_text(node.original_file_path) ~ ' as file, column_name, sent, try_cast(sent as double) as number, rules.* from (unpivot (from'
            ~ ' read_csv(' ~ sql_text(adapter.get_seed_file_path(node)) ~ ", header = true, all_varchar = true, ignore_errors = true, delim = ','))"
            ~ ' on columns(*) into name column_name value sent) inner join (values ' ~ rules | join(', ')
            ~ ') as rules (rule_column, is_whole, min_value, max_value) on column_name = rule_column'
        ) if rules -%}
    {%- endfor -%}
    {%- for file, column, sent, demand in (run_query(
        "select distinct file, column_name, sent, case when is_whole then 'a whole number, of six digits at most' else concat_ws(' and ', 'at least '"
        ~ " || min_value, 'at most ' || max_value) end from (" ~ files | join(' union all ') ~ ') where case when is_whole then coalesce(number !='
        ~ ' round(number) or abs(number) > 999999, true) else number < min_value or number > max_value end order by all limit 1'
    ).rows if files else []) -%}
        {{ refuse(file ~ ': ' ~ column ~ ' is ' ~ sent ~ ', and has to be ' ~ demand ~ '.') }}
    {%- endfor -%}
{%- endmacro %}

{% macro check_erasure_requests() -%}
    {#- A request that is left out erases nobody, so a line that is no row of its file ends the run. What it says is told to nobody. -#}
    {% set pattern, dialect = env_var('IDENTITY_ERASURE_REQUESTS', ''), plain_csv() %}
    {% for row in (run_query('select file from glob(' ~ sql_text(pattern) ~ ') order by 1').rows if pattern and target.type == 'duckdb' else []) %}
        {% set label = 'Erasure requests: ' ~ row[0] %}
        {% for first in run_query('select line from ' ~ read_lines(row, dialect) ~ ' limit 1').rows %}
            {% set names = (first[0] or '').replace('"', '').split(',') | map('trim') | list %}
            {% set missing = ['subject_type', 'subject', 'requested_at'] | reject('in', names | map('lower') | list) | list %}
            {{ refuse(label ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ ' in its first line. It is read as CSV, with commas.') if missing }}
            {% do run_query(count_csv_rows(row, names, dialect)) %}
            {% set lines = run_query('select distinct line from csv_errors order by 1 limit 5').columns[0].values() %}
            {{ refuse(
                label ~ ', line ' ~ lines | join(', ') ~ ': no row of its ' ~ names | length ~ ' columns. A text that holds a comma stands in quotes.'
            ) if lines }}
        {% endfor %}
    {% endfor %}
{%- endmacro %}
