{% materialization rounds, default %}
    {#- The model is one round: it reads its own table, which the pre-hook begins, and says of each row whether it is_changed. -#}
    {%- set max_rounds = config.get('meta').max_rounds or 100 -%}
    {%- set progress = namespace(rounds=0, is_settled=false) -%}

    {%- if load_cached_relation(this) is not none and not has_news() -%}
        {#- As table_if_changed: nothing is new, so there is nothing to find. -#}
        {%- call statement('main') -%} {{ table_as_it_is() }} {%- endcall -%}
        {{ adapter.commit() }}
        {{ return({'relations': [this.incorporate(type='table')]}) }}
    {%- endif -%}

    {{ run_hooks(pre_hooks) }}
    {%- for _ in range(max_rounds) if not progress.is_settled -%}
        {%- call statement('main') -%}
            create or replace table {{ this }} as
            {{ sql }}
        {%- endcall -%}
        {%- set progress.rounds = progress.rounds + 1 -%}
        {%- set changed = run_query('select count(*) from ' ~ this ~ ' where is_changed').rows[0][0] -%}
        {%- set progress.is_settled = changed == 0 -%}
    {%- endfor -%}
    {%- if not progress.is_settled -%}
        {{ exceptions.raise_compiler_error(model.name ~ ' still changes after ' ~ max_rounds ~ ' rounds.') }}
    {%- endif -%}
    {%- do store_raw_result('main', message=progress.rounds ~ ' rounds', code='ROUNDS', rows_affected=progress.rounds) -%}
    {{ run_hooks(post_hooks) }}

    {%- do persist_docs(this.incorporate(type='table'), model) -%}
    {{ adapter.commit() }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}
