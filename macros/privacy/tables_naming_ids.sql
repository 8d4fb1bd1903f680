{% macro tables_naming_ids() -%}
    {#- Of each table the columns that say whose its rows are: the first of these lists of which it has all. -#}
    {% set ways = [
        ['id_number'], ['id_number_a', 'id_number_b'], ['person_number'], ['anonymous_id'], ['anonymous_id_a', 'anonymous_id_b'],
        ['identity_id'], ['universal_id']
    ] %}
    {% set tables = [] %}
    {% for node in (graph.nodes.values() if execute else []) | sort(attribute='name')
        if node.package_name == 'identity_graph'
        and (node.resource_type == 'snapshot' or node.resource_type == 'model' and node.config.materialized in ['table', 'table_if_changed', 'incremental'])
        and not node.config.meta.get('lasts_for_a_run') and node.name != 'int_events_received' %}
        {% set stored = load_relation(relation_named(node.name)) %}
        {% if stored is not none %}
            {% set names = adapter.get_columns_in_relation(stored) | map(attribute='name') | map('lower') | list %}
            {% set found = [] %}
            {% for way in ways if not found and way | reject('in', names) | list | length == 0 %}
                {% do found.append({'name': node.name, 'relation': stored, 'columns': way}) %}
            {% endfor %}
            {% do tables.extend(found) %}
        {% endif %}
    {% endfor %}
    {{ return(tables) }}
{%- endmacro %}
