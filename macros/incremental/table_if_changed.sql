{% materialization table_if_changed, default, supported_languages=['sql', 'python'] %}
    {#- A table, but in a run that brings nothing new it stays as it is, and what a run notes for itself is emptied. -#}
    {%- set stored = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set is_new = stored is none or not stored.is_table or has_news() -%}
    {%- set is_swapped = is_new and target.type == 'duckdb' -%}
    {%- if is_new and not is_swapped and model['language'] == 'sql' -%}
        {{ return(context['materialization_table_' ~ adapter.type()]()) }}
    {%- endif -%}

    {%- set made = make_intermediate_relation(target_relation) if is_swapped else target_relation -%}
    {{ run_hooks(pre_hooks) }}
    {#- Python writes by a cursor of its own, whose table a transaction that a hook began before does not see. -#}
    {{ adapter.commit() if pre_hooks and is_swapped and model['language'] == 'python' }}
    {%- if is_new -%}
        {%- do drop_relation_if_exists(load_cached_relation(made)) if is_swapped -%}
        {#- dbt takes Python from no macro but the materialization itself. -#}
        {%- call statement('main', language=model['language']) -%}
            {{- create_table_as(False, made, compiled_code, model['language']) -}}
        {%- endcall -%}
    {%- else -%}
        {%- call statement('main') -%} {{ table_as_it_is() }} {%- endcall -%}
    {%- endif -%}
    {%- if is_swapped -%}
        {%- call statement('swap') -%}
            drop {{ 'table' if stored is none else stored.type }} if exists {{ this }};
            alter table {{ made }} rename to {{ this.identifier }}
        {%- endcall -%}
        {%- do persist_docs(target_relation, model) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {%- do apply_grants(this, config.get('grants'), should_revoke=should_revoke(stored, full_refresh_mode=True)) -%}
    {{ adapter.commit() if target.type == 'duckdb' }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro table_as_it_is() -%}
    {{ 'delete from ' ~ this ~ ' where true' if config.get('meta', {}).get('lasts_for_a_run') else 'select 1' }}
{%- endmacro %}
