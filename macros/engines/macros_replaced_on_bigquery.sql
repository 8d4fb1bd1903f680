{% macro bigquery__alter_column_comment(relation, column_dict) -%}
    {#- dbt would read policy tags from each column; here they follow from the classes of the names. -#}
    {%- set pseudonymous = env_var('IDENTITY_POLICY_TAG_PSEUDONYMOUS', '') -%}
    {%- set personal = env_var('IDENTITY_POLICY_TAG_PERSONAL', '') or pseudonymous -%}
    {#- A view takes no tag: those of the tables under it hold. -#}
    {%- set tags = {} if relation.is_view else {'pseudonymous': pseudonymous, 'personal': personal, 'secret': personal} -%}
    {%- set classes = classes_of_columns() if tags.values() | select | list else {} -%}
    {%- set class_of_others = model.config.meta.class_of_other_columns -%}
    {%- set described = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- set documented = column_dict.get(column.name) -%}
        {%- set policy_tag = tags.get((documented.config.meta.classification if documented else class_of_others) or classes.get(column.name)) -%}
        {%- do described.update({column.name: {'description': documented.description if documented else ''}}) -%}
        {#- Of a record only the fields take a tag. -#}
        {%- for field in column.flatten() -%}
            {%- do described.setdefault(field.name, {}).update({'policy_tags': [policy_tag] if policy_tag else []}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do adapter.update_columns(relation, described) -%}
{%- endmacro %}

{% macro bigquery__cast(field, type) -%}
    {#- A contract says numeric(18, 4), which BigQuery takes for a column and refuses in a cast. -#}
    cast({{ field }} as {{ type.split('(')[0] if type.startswith('numeric') else type }})
{%- endmacro %}

{% macro bigquery__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {#- dbt's own gives a datetime, which BigQuery does not compare with the timestamps of this project. -#}
    timestamp_add(cast({{ from_date_or_timestamp }} as timestamp), interval {{ interval }} {{ datepart }})
{%- endmacro %}

{% macro bigquery__escape_single_quotes(expression) -%}
    {#- dbt's own leaves a backslash, which GoogleSQL takes for the beginning of an escape. Fixtures of unit tests are written so. -#}
    {{ expression | replace('\\', '\\\\') | replace("'", "\\'") }}
{%- endmacro %}
