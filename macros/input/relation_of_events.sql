{% macro relation_of_events() -%}
    {#- The model or source of the project that var generic_events_relation names, for hooks, which may not use ref; none where there is none. -#}
    {%- set named = var('generic_events_relation').split('.') -%}
    {%- for node in graph.sources.values() if named == [node.source_name, node.name] -%}
        {{ return({'relation': source(node.source_name, node.name), 'is_awaited': false}) }}
    {%- endfor -%}
    {%- for node in graph.nodes.values()
        if named == [node.name] and node.package_name == project_name and node.resource_type in ['model', 'seed', 'snapshot'] -%}
        {#- A model that this very run makes is looked at by int_events_received, once it is made. -#}
        {{ return({
            'relation': api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias),
            'is_awaited': node.unique_id in selected_resources and model.name != 'int_events_received'
        }) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}
