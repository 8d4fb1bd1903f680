{% macro space_of(source_name, app_id='null') -%}
    {#- Read when the model compiles; the row of an app goes before the row of its source. -#}
    {%- set spaces = {} -%}
    {%- set seed_reference = ref('identity_spaces') -%}
    {%- if execute -%}
        {%- set seed = load_relation(seed_reference) -%}
        {%- if seed is not none -%}
            {%- for row in run_query(
                'select app_id, space_id from ' ~ seed ~ " where source_name = '" ~ source_name ~ "' order by 1"
            ) -%}
                {%- do spaces.update({row[0] or '': row[1]}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {%- set of_source = sql_text(spaces.get('', 'default')) -%}
    {%- if app_id == 'null' or spaces.keys() | reject('eq', '') | list == [] -%}
    {{ of_source }}
    {%- else -%}
    case {{ app_id }}
        {%- for app, space in spaces.items() if app %}
        when {{ sql_text(app) }} then {{ sql_text(space) }}
        {%- endfor %}
        else {{ of_source }}
    end
    {%- endif -%}
{%- endmacro %}
