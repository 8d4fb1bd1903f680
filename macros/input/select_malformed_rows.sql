{% macro select_malformed_rows(source_name) -%}
    {#- Lines that are no rows, as events that are rejected; empty where this run met none. -#}
    {% set malformed = relation_named('malformed_raw_rows') if execute and model.resource_type != 'unit_test' and not flags.EMPTY else none %}
    {% set of_this_run = 'source_name = ' ~ sql_text(source_name) ~ ' and load_number = ' ~ current_load() %}
    {% if not malformed or load_relation(malformed) is none
        or run_query('select 1 from ' ~ malformed ~ ' where ' ~ of_this_run ~ ' limit 1') | length == 0 %}
        {{ return('') }}
    {% endif %}
    {#- Rows count from 0 or 1 on, so that these count downwards. -#}
    {% set known = {
        'raw_file': 'raw_file', 'raw_row_number': '-row_place', 'source_name': 'source_name', 'space_id': "'default'",
        'is_in_app_browser': 'false', 'has_consent': 'true', 'source_rejection_reason': "'malformed_row: line ' || line_number"
    } %}
    {% set columns = [] %}
    {% for name in canonical_columns() %}
        {% do columns.append(known.get(name, 'null') ~ ' as ' ~ name) %}
    {% endfor %}
    {{ return('select ' ~ columns | join(', ') ~ ' from ' ~ malformed ~ ' where ' ~ of_this_run) }}
{%- endmacro %}
