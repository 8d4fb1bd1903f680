{% macro raw_tables() -%}
    {#- Raw tables of the sources that are switched on, those that are there; of the catalogue, so that a source is one folder. -#}
    {% set tables = [] %}
    {% if execute %}
        {% for node in graph.sources.values() | sort(attribute='unique_id')
            if node.package_name == 'identity_graph' and node.source_name in var('event_sources') %}
            {% set is_relation = node.source_name == 'generic' and var('generic_events_relation') %}
            {% set is_event_table = node.name == 'order_completed' and node.source_name in ['segment', 'rudderstack'] %}
            {% for name in (var(node.source_name ~ '_event_tables') if is_event_table else [node.name]) %}
            {% set of_project = relation_of_events() if is_relation else none %}
            {% set relation = of_project.relation if of_project
                else event_table(node.source_name, name) if is_event_table else source(node.source_name, name) %}
            {% if has_raw_table(relation) %}
                {% set meta = node.config.get('meta', {}) %}
                {% do tables.append({
                    'source_name': node.source_name,
                    'name': name,
                    'relation': relation,
                    'location': raw_location(relation),
                    'place': node.source_name ~ ': ' ~ raw_location(relation),
                    'is_relation': is_relation,
                    'is_awaited': of_project.is_awaited if of_project else false,
                    'arrives_by': var('generic_arrives_by') if is_relation else meta.get('arrives_by', '_partitiontime'),
                    'may_grow': is_relation or meta.get('may_grow', false),
                    'may_shrink': not is_relation and meta.get('may_grow', false),
                    'required_columns': meta.get('required_columns', []),
                    'id_columns': meta.get('id_columns', []),
                    'time_columns': meta.get('time_columns', []),
                    'is_read_by_ending': not is_relation and meta.get('is_read_by_ending', false)
                }) %}
            {% endif %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(tables) }}
{%- endmacro %}
