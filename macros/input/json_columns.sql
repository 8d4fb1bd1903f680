{% macro json_columns(source_name, table_name) -%}
    {#- Of lines of JSON only what is read is taken, as text. Names are told apart by case there, and not in SQL. -#}
    {% set names = {} %}
    {% set of_source = key_types() + words((var('generic_columns') or {}).values()) if source_name == 'generic' else [] %}
    {% for name in graph.sources['source.identity_graph.' ~ source_name ~ '.' ~ table_name].columns.keys() | list + of_source %}
        {% do names.update({name | lower: name}) %}
    {% endfor %}
    {{ return(dict.fromkeys(names.values(), 'VARCHAR')) }}
{%- endmacro %}
