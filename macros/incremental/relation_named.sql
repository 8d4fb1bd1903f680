{% macro relation_named(name) -%}
    {#- For what may not use ref: hooks, and reads of what the run before left, which as refs would be circles. -#}
    {%- set node = graph.nodes['model.identity_graph.' ~ name]
        or graph.nodes['snapshot.identity_graph.' ~ name]
        or graph.nodes['seed.' ~ project_name ~ '.' ~ name]
        or graph.nodes['seed.identity_graph.' ~ name] -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{%- endmacro %}
