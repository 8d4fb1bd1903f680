{% macro source_columns(relation) -%}
    {{ return(adapter.dispatch('source_columns', 'identity_graph')(relation) if execute and has_raw_table(relation) else []) }}
{%- endmacro %}

{% macro duckdb__source_columns(relation) -%}
    {% set names = [] %}
    {% for row in run_query('describe select * from ' ~ relation) %}
        {% do names.append(row[0] | lower) %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}

{% macro bigquery__source_columns(relation) -%}
    {% set table = relation %}
    {% if relation.identifier.endswith('*') %}
        {#- A wildcard has the columns of its newest table. -#}
        {% set table = relation.incorporate(path={'identifier': run_query(
            'select max(table_name) from `' ~ relation.database ~ '`.`' ~ relation.schema
            ~ "`.INFORMATION_SCHEMA.PARTITIONS where starts_with(table_name, '" ~ relation.identifier[:-1] ~ "')"
        ).rows[0][0]}) %}
    {% endif %}
    {{ return(adapter.get_columns_in_relation(table) | map(attribute='name') | map('lower') | list) }}
{%- endmacro %}
