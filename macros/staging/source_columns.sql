{% macro source_columns(relation) -%}
    {{ return(adapter.dispatch('source_columns', 'identity_graph')(relation) if execute and has_raw_table(relation) else {}) }}
{%- endmacro %}

{% macro duckdb__source_columns(relation) -%}
    {% set types = {} %}
    {% for row in run_query('describe select * from ' ~ relation) %}
        {% do types.update({row[0] | lower: row[1]}) %}
    {% endfor %}
    {{ return(types) }}
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
    {% set types = {} %}
    {% for column in adapter.get_columns_in_relation(table) %}
        {% do types.update({column.name | lower: column.dtype}) %}
    {% endfor %}
    {{ return(types) }}
{%- endmacro %}

{% macro quoted_column(name) -%}
    {#- A sender may name a property, and so its column, as it likes. -#}
    {{ return(adapter.quote(name | replace('"', '""'))) }}
{%- endmacro %}

{% macro raw_column(columns, name, data_type=none) -%}
    {%- set type = data_type or dbt.type_string() -%}
    {%- if name not in columns -%}
        cast(null as {{ type }})
    {%- elif data_type is none -%}
        {{ adapter.dispatch('trimmed_column', 'identity_graph')('cast(' ~ quoted_column(name) ~ ' as ' ~ type ~ ')') }}
    {%- else -%}
        {{ cast_or_null(quoted_column(name), type) }}
    {%- endif -%}
{%- endmacro %}
