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
