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

{% macro previous_run(name) -%}
    {#- dbt is told of a source while it parses, so that a unit test can stand in for it; the schema is the model's own. -#}
    {%- set stored = source('previous_run', name) -%}
    {%- if not execute or model.resource_type == 'unit_test' -%}
        {{ return(stored) }}
    {%- endif -%}
    {{ return(relation_named(name)) }}
{%- endmacro %}

{% macro stored_rows(relation, columns='1', rest='') -%}
    {#- What dbt finds of it: of a ref it would read nothing in a run with --empty. -#}
    {%- set stored = load_relation(relation) if execute else none -%}
    {{ return(run_query('select ' ~ columns ~ ' from ' ~ stored ~ ' ' ~ rest).rows | list if stored is not none else []) }}
{%- endmacro %}

{% macro may_hold_rows(relation, condition='true') -%}
    {#- Asked when the SQL is written, because a warehouse would read all events to find out that there are none. -#}
    {{ return(
        not execute or load_relation(relation) is none or stored_rows(relation, '1', 'where ' ~ condition ~ ' limit 1') | length > 0
    ) }}
{%- endmacro %}
