{% macro raw_tables(with_absent=false) -%}
    {#- Of the catalogue, so that a source is one folder. -#}
    {% set tables = [] %}
    {% for node in (graph.sources.values() if execute else []) | sort(attribute='unique_id')
        if node.package_name == 'identity_graph' and node.source_name in var('event_sources') %}
        {% set is_relation, meta = node.source_name == 'generic' and var('generic_events_relation') is string, node.config.get('meta', {}) %}
        {% set is_event_table = node.name == 'order_completed' and node.source_name in ['heap', 'rudderstack', 'segment'] %}
        {% set of_project = relation_of_events() if is_relation else {} %}
        {% for name in (var(node.source_name ~ '_event_tables') if is_event_table else [node.name]) %}
            {% set relation = of_project.relation or (event_table(node.source_name, name) if is_event_table else source(node.source_name, name)) %}
            {% if with_absent or has_raw_table(relation) %}
                {% do tables.append({
                    'source_name': node.source_name, 'name': name, 'relation': relation, 'location': raw_location(relation),
                    'place': node.source_name ~ ': ' ~ raw_location(relation), 'is_relation': is_relation, 'is_event_table': is_event_table,
                    'repeats_rows': is_event_table or meta.get('repeats_rows', false),
                    'is_awaited': of_project.is_awaited or false,
                    'arrives_by': var('generic_arrives_by') if is_relation else meta.get('arrives_by', '_partitiontime'),
                    'may_grow': is_relation or meta.get('may_grow', false), 'may_shrink': not is_relation and meta.get('may_grow', false),
                    'required_columns': raw_names(node, 'required_columns'), 'id_columns': raw_names(node, 'id_columns') | map('lower') | list,
                    'time_columns': raw_names(node, 'time_columns') | map('lower') | list, 'states': meta.get('states', []),
                    'mixed_columns': meta.get('mixed_columns', []), 'is_read_by_ending': not is_relation and meta.get('is_read_by_ending', false),
                    'file_formats': meta.get('file_formats', ['parquet', 'csv', 'json'])
                }) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(tables) }}
{%- endmacro %}

{% macro relation_of_project(named) -%}
    {#- For models, so that dbt knows what they are made from. -#}
    {% set parts = named.split('.') %}
    {{ return(source(parts[0], parts[1]) if parts | length == 2 else ref(project_name, parts[0])) }}
{%- endmacro %}

{% macro relation_of_events() -%}
    {% set named = var('generic_events_relation').split('.') %}
    {% for node in graph.sources.values() if named == [node.source_name, node.name] %}
        {{ return({'relation': source(node.source_name, node.name), 'is_awaited': false}) }}
    {% endfor %}
    {% for node in graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed', 'snapshot'])
        if named == [node.name] and node.package_name == project_name %}
        {#- A model that this very run makes is looked at by int_events_received, once it is made. -#}
        {{ return({'relation': api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias),
            'is_ephemeral': node.config.materialized == 'ephemeral',
            'is_awaited': node.unique_id in selected_resources and model.name != 'int_events_received'}) }}
    {% endfor %}
    {{ return({}) }}
{%- endmacro %}
