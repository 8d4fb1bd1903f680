{% macro relation_named(name) -%}
    {#- For what may not use ref: hooks, and reads of what the run before left, which as refs would be circles. -#}
    {%- set node = graph.nodes['model.identity_graph.' ~ name]
        or graph.nodes['snapshot.identity_graph.' ~ name]
        or graph.nodes['seed.' ~ project_name ~ '.' ~ name]
        or graph.nodes['seed.identity_graph.' ~ name] -%}
    {#- A table that hooks write lies beside the received events. -#}
    {%- set home = node or graph.nodes['model.identity_graph.int_events_received'] -%}
    {{ return(api.Relation.create(
        database=home.database, schema=home.schema, identifier=node.alias if node else name, type=none if node else 'table'
    )) }}
{%- endmacro %}
