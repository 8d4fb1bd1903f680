{% macro note_optional_tables() -%}
    {#- Before they are made. Of a model that is switched off dbt knows not even the name, and its table may hold whom a later run erases. -#}
    {%- set noted, text, made = relation_named('optional_tables'), dbt.type_string(), [] -%}
    {%- for node in graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('resource_type', 'eq', 'model')
        if node.unique_id in selected_resources
        and (node.access == 'public' or node.config.meta.get('is_optional') or node.config.meta.get('is_switched')) -%}
        {#- A file of DuckDB may be renamed, and its database with it. -#}
        {%- set database = sql_text(node.database) if node.database != target.database else 'cast(null as ' ~ text ~ ')' -%}
        {%- do made.append(
            'select ' ~ database ~ ' as database_name, ' ~ sql_text(node.schema) ~ ' as schema_name, ' ~ sql_text(node.alias) ~ ' as table_name, '
            ~ (node.config.materialized == 'view') ~ ' as is_view'
        ) -%}
    {%- endfor -%}
    {%- if made %}
        {%- do adapter.create_schema(noted.without_identifier()) if load_relation(noted) is none %}
    create table if not exists {{ noted }} (database_name {{ text }}, schema_name {{ text }}, table_name {{ text }});
    {#- Databases of earlier versions lack it; they noted no views. #}
    alter table {{ noted }} add column if not exists is_view {{ dbt.type_boolean() }};
    insert into {{ noted }} (database_name, schema_name, table_name, is_view)
    select made.* from ({{ made | join(' union all ') }}) as made
    where not exists (
        select 1 from {{ noted }} as noted
        where
            coalesce(noted.database_name, '') = coalesce(made.database_name, '')
            and noted.schema_name = made.schema_name
            and noted.table_name = made.table_name
    );
    {%- endif %}
{%- endmacro %}

{% macro drop_left_optional_tables(finished) -%}
    {#- What is switched off, and optional tables that an erasing run did not make anew, still hold whom it erases, or read what goes. -#}
    {%- set noted, nodes = relation_named('optional_tables'), graph.nodes.values() -%}
    {%- set kept = nodes | selectattr('unique_id', 'in', finished) | list
        + nodes | selectattr('resource_type', 'eq', 'model') | rejectattr('config.meta.is_optional') | rejectattr('config.meta.is_switched') | list -%}
    {%- set marts = nodes | selectattr('access', 'eq', 'public') | map(attribute='schema') | list -%}
    {%- for database, schema, name, is_view in stored_rows(noted, 'database_name, schema_name, table_name, is_view', 'order by 2, 3, 1')
        if not kept | selectattr('database', 'eq', database or target.database) | selectattr('schema', 'eq', schema) | selectattr('alias', 'eq', name) | list %}
        {%- set table = api.Relation.create(database=database or target.database, schema=schema, identifier=name) -%}
        {#- To look into a schema that dbt does not know would begin a transaction, and undo the hook at its end. -#}
        {%- set stored = load_relation(table) if schema in nodes | map(attribute='schema') | list else table -%}
        {%- if stored is not none %}
    drop {{ stored.type or ('view' if is_view else 'table') }} if exists {{ table }};
            {%- if schema in marts %}
    drop view if exists {{ api.Relation.create(database=table.database, schema=schema ~ '_masked', identifier=name) }};
            {%- endif %}
        {%- endif %}
    delete from {{ noted }}
    where
        coalesce(database_name, '') = {{ sql_text(database or '') }}
        and schema_name = {{ sql_text(schema) }} and table_name = {{ sql_text(name) }};
    {%- endfor %}
{%- endmacro %}
