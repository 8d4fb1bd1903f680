{% macro raw_tables() -%}
    {#- Raw tables of the sources that are switched on, those that are there; of the catalogue, so that a source is one folder. -#}
    {% set tables = [] %}
    {% if execute %}
        {% for node in graph.sources.values() | sort(attribute='unique_id') if node.source_name in var('event_sources') %}
            {% set relation = source(node.source_name, node.name) %}
            {% if has_raw_table(relation) %}
                {% set meta = node.config.get('meta', {}) %}
                {% do tables.append({
                    'source_name': node.source_name,
                    'name': node.name,
                    'relation': relation,
                    'location': raw_location(relation),
                    'arrives_by': meta.get('arrives_by', '_partitiontime'),
                    'may_grow': meta.get('may_grow', false),
                    'required_columns': meta.get('required_columns', []),
                    'id_columns': meta.get('id_columns', [])
                }) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {{ return(tables) }}
{%- endmacro %}
