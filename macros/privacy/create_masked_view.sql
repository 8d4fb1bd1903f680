{% macro create_masked_view(readers='') -%}
    {%- set classes = classes_of_columns() -%}
    {#- dbt clone does the hooks, too: of a view of a mart in another schema there is nothing to mask. -#}
    {%- if execute and flags.WHICH != 'clone' -%}
        {%- set view = api.Relation.create(
            database=this.database, schema=this.schema ~ '_masked', identifier=this.identifier, type='view'
        ) -%}
        {%- set columns = [] -%}
        {%- for column in model.columns.values() -%}
            {%- set classification = column.config.meta.classification or classes.get(column.name) -%}
            {%- if classification == 'none' -%}
                {%- do columns.append(column.name) -%}
            {%- elif classification and column.data_type -%}
                {#- Not a hash: who knows a cookie could look for its hash. -#}
                {%- do columns.append('cast(null as ' ~ column.data_type ~ ') as ' ~ column.name) -%}
            {%- else -%}
                {{ exceptions.raise_compiler_error(
                    model.name ~ '.' ~ column.name ~ ' needs a row in the seed column_classes and a data_type in its YAML (docs/privacy-classification.md).'
                ) }}
            {%- endif -%}
        {%- endfor -%}
        {#- Columns that follow a seed, which no YAML can name. -#}
        {%- set class_of_others = model.get('config', {}).get('meta', {}).get('class_of_other_columns') -%}
        {%- for column in (adapter.get_columns_in_relation(this) if class_of_others else []) if column.name not in model.columns -%}
            {%- set name = adapter.quote(column.name) -%}
            {%- do columns.append(name if class_of_others == 'none' else 'cast(null as ' ~ column.data_type ~ ') as ' ~ name) -%}
        {%- endfor -%}
        {%- do run_query('create or replace view ' ~ view ~ ' as select ' ~ columns | join(', ') ~ ' from ' ~ this) -%}
        {%- if readers and target.type == 'bigquery' -%}
            {%- do apply_grants(view, {'roles/bigquery.dataViewer': readers.split(',')}, should_revoke=True) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
