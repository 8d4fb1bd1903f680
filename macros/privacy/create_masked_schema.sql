{% macro create_masked_schema() -%}
    {#- dbt makes the schemas of its models; no model lies in this one. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set marts = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('access', 'eq', 'public') | list -%}
        {%- for schema in marts | map(attribute='schema') | unique -%}
            {%- do adapter.create_schema(api.Relation.create(database=marts[0].database, schema=schema ~ '_masked')) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
