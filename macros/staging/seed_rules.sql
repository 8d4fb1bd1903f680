{% macro custom_key_rules(source_name=none) -%}
    {#- Read when the model compiles: one column expression a key is many times faster than looking names up a row. -#}
    {% set rules = [] %}
    {% for key_type, source, is_sensitive in stored_rows(
        ref('identity_key_rules'), 'key_type, max(source_name), ' ~ dbt.bool_or('is_sensitive'),
        "where is_enabled and key_type not in ('" ~ canonical_key_types() | join("', '") ~ "') group by key_type order by key_type"
    ) if source_name is none or source is none or source == source_name %}
        {#- Of another spelling it would be a property that nobody sends, and the column linked nobody. #}
        {{ exceptions.raise_compiler_error('seeds/identity_key_rules.csv: the key ' ~ key_type ~ ' has to be written ' ~ key_type | trim | lower ~ '.')
            if key_type | trim | lower in canonical_key_types() }}
        {% do rules.append({'key_type': key_type, 'source_name': source, 'is_sensitive': is_sensitive}) %}
    {% endfor %}
    {{ return(rules) }}
{%- endmacro %}

{% macro ignored_values() -%}
    {{ return(stored_rows(ref('ignored_values'), 'distinct lower(ignored_value)', 'order by 1') | map(attribute=0) | list) }}
{%- endmacro %}

{% macro is_bot(user_agent) -%}
    {%- set pattern = stored_rows(ref('bot_patterns'), 'distinct user_agent_pattern', 'order by 1') | map(attribute=0) | join('|') -%}
    {%- set is_found = regexp_matches(user_agent, sql_text('(?i)' ~ pattern, is_pattern=true)) -%}
    {{ 'coalesce(' ~ is_found ~ ', false)' if pattern else 'false' }}
{%- endmacro %}

{% macro space_of(source_name, app_id='null') -%}
    {#- The row of an app goes before the row of its source. -#}
    {%- set is_of_source = 'where source_name = ' ~ sql_text(source_name) -%}
    {%- set spaces = dict(stored_rows(ref('identity_spaces'), "coalesce(app_id, ''), space_id", is_of_source ~ ' order by 1')) -%}
    {%- set of_source = sql_text(spaces.pop('', 'default')) -%}
    {%- set choices = [] -%}
    {%- for app, space in spaces.items() if app_id != 'null' -%}
        {%- do choices.append('when ' ~ sql_text(app) ~ ' then ' ~ sql_text(space)) -%}
    {%- endfor -%}
    {{ ('case ' ~ app_id ~ ' ' ~ choices | join(' ') ~ ' else ' ~ of_source ~ ' end') if choices else of_source }}
{%- endmacro %}
