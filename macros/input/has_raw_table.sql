{% macro has_raw_table(relation) -%}
    {{ return(adapter.dispatch('has_raw_table', 'identity_graph')(relation) if execute else true) }}
{%- endmacro %}

{% macro duckdb__has_raw_table(relation) -%}
    {#- What raw_reader put together reads files that are there. -#}
    {% if (relation | string).startswith('(') %}
        {{ return(true) }}
    {% endif %}
    {% if '(' not in relation | string %}
        {{ return(load_relation(relation) is not none) }}
    {% endif %}
    {{ return(run_query('select 1 from glob(' ~ sql_text(raw_location(relation)) ~ ') limit 1') | length > 0) }}
{%- endmacro %}

{% macro bigquery__has_raw_table(relation) -%}
    {% if relation.identifier.endswith('*') %}
        {{ return(run_query(
            'select 1 from `' ~ relation.database ~ '`.`' ~ relation.schema ~ "`.INFORMATION_SCHEMA.PARTITIONS where starts_with(table_name, '"
            ~ relation.identifier[:-1] ~ "') limit 1"
        ) | length > 0) }}
    {% endif %}
    {{ return(load_relation(relation) is not none) }}
{%- endmacro %}
