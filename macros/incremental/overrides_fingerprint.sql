{% macro overrides_fingerprint() -%}
    {#- By reference, because a project may replace the seed by its own. Of a seed above a megabyte dbt hashes the path only. -#}
    {% for name in graph.nodes['model.identity_graph.int_identity_overrides'].depends_on.nodes if name.endswith('.identity_overrides') %}
        {% set checksum = graph.nodes[name].checksum %}
        {{ return(checksum.checksum if checksum.name != 'path' else invocation_id) }}
    {% endfor %}
{%- endmacro %}
