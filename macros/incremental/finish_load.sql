{% macro finish_load(results) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY -%}
        {%- set finished = [] -%}
        {%- for result in results if result.status == 'success' -%}
            {%- do finished.append(result.node.unique_id) -%}
        {%- endfor -%}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.resource_type == 'model' and node.package_name == 'identity_graph'
                and node.config.materialized in ['incremental', 'table_if_changed', 'rounds'] and node.unique_id not in finished -%}
                {%- do missing.append(node) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not missing -%}
    {{ forget_erased_persons() }}
            {%- set reported = relation_named('users_reported') -%}
            {%- set reported_since = retention_cutoff(['reported_users'], relation_named('retention_periods')) -%}
            {%- if reported_since and load_relation(reported) is not none %}
    delete from {{ reported }} where dbt_valid_to < {{ reported_since }};
            {%- endif %}
    update {{ relation_named('event_loads') }} set is_complete = true where invocation_id = '{{ invocation_id }}';
        {%- elif 'model.identity_graph.int_events_received' in selected_resources -%}
            {{ explain_incomplete_load(results, missing) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
