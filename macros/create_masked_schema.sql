{% macro create_masked_schema() -%}
    {#- dbt makes the schemas of its models; no model lies in this one. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- do adapter.create_schema(api.Relation.create(
            database=target.database, schema=generate_schema_name('marts_masked', none)
        )) -%}
    {%- endif -%}
{%- endmacro %}
