{% macro note_relations() -%}
    {#- Commands know each table by its name in this project. Where another project names the schemas, or replaces a seed, this says where it lies. -#}
    {%- set nodes = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('resource_type', 'in', ['model', 'seed', 'snapshot']) | list -%}
    {%- for name in nodes | map(attribute='depends_on.nodes', default=[]) | sum(start=[]) | unique if name.startswith('seed.') -%}
        {%- do nodes.append(graph.nodes[name]) -%}
    {%- endfor -%}
    create or replace view {{ relation_named('build_relations') }} as
    select *, {{ sql_text(target.schema) }} as target_schema from (values
    {%- for node in nodes | unique(attribute='unique_id') | sort(attribute='unique_id') %}
        {%- set layer = node.resource_type ~ 's' if node.resource_type != 'model' else 'marts' if node.fqn[1] in ['marts', 'metrics']
            else 'staging' if node.fqn[1] == 'staging' or node.name == 'int_raw_events' else 'intermediate' %}
        ({{ sql_text(layer) }}, {{ sql_text(node.name) }}, {{ sql_text(node.schema) }}){{ ',' if not loop.last }}
    {%- endfor %}
    ) as noted (layer, table_name, schema_name);
{%- endmacro %}
