{% macro event_loads() -%}
    {{ return(api.Relation.create(
        database=target.database, schema=generate_schema_name('intermediate', none), identifier='event_loads', type='table'
    )) }}
{%- endmacro %}
