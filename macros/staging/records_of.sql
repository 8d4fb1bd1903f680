{% macro records_of(values={}) -%}
    {%- set records = [] -%}
    {%- for key, value in (values or {none: none}).items() -%}
        {%- set of_value = record_of({
            'string_value': "cast(" ~ (value or 'null') ~ " as " ~ dbt.type_string() ~ ")",
            'int_value': "cast(null as " ~ dbt.type_bigint() ~ ")",
            'float_value': "cast(null as " ~ type_double() | trim ~ ")",
            'double_value': "cast(null as " ~ type_double() | trim ~ ")"
        }) -%}
        {%- set of_key = "cast(" ~ ("'" ~ key ~ "'" if key else 'null') ~ " as " ~ dbt.type_string() ~ ")" -%}
        {%- do records.append(record_of({'key': of_key, 'value': of_value})) -%}
    {%- endfor -%}
    [{{ records | join(', ') }}]
{%- endmacro %}
