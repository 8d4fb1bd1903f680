{% macro raw_files_as_read() -%}
    {#- Size and time of the files when they were read: what they are by now may be another file. -#}
    {{ return(adapter.dispatch('raw_files_as_read', 'identity_graph')()) }}
{%- endmacro %}

{% macro bigquery__raw_files_as_read() -%}
    {{ return(raw_files()) }}
{%- endmacro %}

{% macro duckdb__raw_files_as_read() -%}
    {% if not execute or model.resource_type == 'unit_test' or flags.EMPTY or load_relation(relation_named('noted_raw_files')) is none %}
        {{ return(raw_files()) }}
    {% endif %}
    {% set noted = 'select source_name, raw_file, size_bytes, modified_at from ' ~ relation_named('noted_raw_files') %}
    {% if raw_tables() | selectattr('is_relation') | list %}
        {% set noted = noted ~ ' union all select source_name, raw_file, size_bytes, modified_at from ' ~ raw_files() ~ ' where may_grow' %}
    {% endif %}
    {{ return('(' ~ noted ~ ')') }}
{%- endmacro %}
