{% macro event_seed_files() -%}
    {#- The files of the seeds that events are judged by, as parts of events_fingerprint: known before any seed is loaded. -#}
    {% set parts = [] %}
    {% for node in graph.nodes.values() | sort(attribute='unique_id')
        if node.resource_type == 'seed' and node.name in event_seeds() %}
        {% do parts.append(node.name ~ '.csv=' ~ node.checksum.checksum) %}
    {% endfor %}
    {{ return(parts) }}
{%- endmacro %}
