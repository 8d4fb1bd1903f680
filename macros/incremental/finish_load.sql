{% macro finish_load(results) -%}
    {{ note_seeds_loaded(results) if execute and flags.WHICH in ['build', 'seed'] }}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY -%}
        {%- set finished = results | selectattr('status', 'eq', 'success') | map(attribute='node.unique_id') | list -%}
        {%- set missing = graph.nodes.values() | selectattr('resource_type', 'eq', 'model') | selectattr('package_name', 'eq', 'identity_graph')
            | selectattr('config.materialized', 'in', ['incremental', 'table_if_changed', 'rounds']) | rejectattr('unique_id', 'in', finished) | sort(attribute='name') -%}
        {%- if not missing -%}
    {{ forget_erased_persons(finished) }}
            {%- set reported = relation_named('users_reported') -%}
            {%- set reported_since = retention_cutoff(['reported_users'], relation_named('retention_periods')) -%}
            {%- if reported_since and load_relation(reported) is not none %}
    delete from {{ reported }} where dbt_valid_to < {{ reported_since }};
            {%- endif %}
    update {{ relation_named('event_loads') }} set is_complete = true where invocation_id = '{{ invocation_id }}';
        {%- elif 'model.identity_graph.int_events_received' in selected_resources -%}
            {#- The list grows while it is read, until it holds all that the missing tables are made from. -#}
            {%- set needed = missing | map(attribute='unique_id') | list -%}
            {%- for name in needed if name in graph.nodes -%}
                {%- do needed.extend(graph.nodes[name].depends_on.nodes | reject('in', needed) | list) -%}
            {%- endfor -%}
            {%- set reasons = [] -%}
            {%- for result in results if result.status in ['error', 'fail'] -%}
                {%- set node = result.node -%}
                {%- set tested = node.depends_on.nodes if node.resource_type in ['test', 'unit_test'] else [] -%}
                {%- do reasons.append(
                    node.resource_type | replace('_', ' ') ~ ' ' ~ node.name ~ ' ('
                    ~ ((result.failures ~ ' found') if result.status == 'fail' and result.failures is not none else 'error') ~ ')'
                ) if flags.FAIL_FAST or node.unique_id in needed or tested | select('in', needed) | list -%}
            {%- endfor -%}
            {%- set not_made = missing[0].name ~ (' was' if missing | length == 1 else ' and ' ~ (missing | length - 1) ~ ' other tables were') -%}
            {%- do print(
                'This load is incomplete, because of ' ~ reasons | join(', ') ~ ': ' ~ not_made ~ ' not made.\n'
                ~ 'No event is lost. Mend the reason, whose message and SQL stand below, then run dbt build'
                ~ (' --full-refresh' if flags.FULL_REFRESH and 'model.identity_graph.int_events_received' not in finished)
                ~ ' again: it makes all tables anew.'
                if reasons else 'This run made a part of the load: ' ~ not_made ~ ' left as before. dbt build makes all.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
