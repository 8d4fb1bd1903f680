{% macro snowplow_entity(columns, schema) -%}
    {#- A column for each version of the schema, the major version (2.x loader) or the full one; or one column for all entities. -#}
    {%- set name = 'contexts_' ~ modules.re.sub('[^a-z0-9]', '_', schema) -%}
    {%- set values = [] -%}
    {%- for column in columns | sort(reverse=true)
        if modules.re.match(name ~ '_[0-9]+(_[0-9]+_[0-9]+(_recovered_[0-9a-z]+)?)?$', column) -%}
        {%- do values.append(json_part(json_column(columns, column), '$[0]')) -%}
    {%- endfor -%}
    {%- for column in ['contexts', 'derived_contexts'] if column in columns -%}
        {%- do values.append(snowplow_first_entity(json_column(columns, column), schema)) -%}
    {%- endfor -%}
    {%- do values.append('cast(null as ' ~ dbt.type_string() ~ ')') -%}
    coalesce({{ values | join(', ') }})
{%- endmacro %}
