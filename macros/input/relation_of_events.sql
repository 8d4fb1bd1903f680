{% macro node_of_events() -%}
    {#- The model or source of the project that var generic_events_relation names. -#}
    {%- set named = var('generic_events_relation').split('.') -%}
    {%- for node in graph.sources.values() if named == [node.source_name, node.name] -%}
        {{ return(node) }}
    {%- endfor -%}
    {%- for node in graph.nodes.values()
        if named == [node.name] and node.package_name == project_name and node.resource_type in ['model', 'seed', 'snapshot'] -%}
        {{ return(node) }}
    {%- endfor -%}
{%- endmacro %}

{% macro relation_of_events() -%}
    {#- What generic_events reads, for hooks and for models that do not select from it: they may not use ref. -#}
    {%- set node = node_of_events() -%}
    {%- if node.resource_type == 'source' -%}
        {{ return(source(node.source_name, node.name)) }}
    {%- endif -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{%- endmacro %}
