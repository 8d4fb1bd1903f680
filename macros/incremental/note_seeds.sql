{% macro note_seeds_alone() -%}
    {#- What seeds of rules hold now, no table was made by: the run after this one makes all anew, and one that would not load them is refused. -#}
    {%- set loads, overrides = relation_named('event_loads'), overrides_seed() -%}
    {%- for load in last_loads()[:1] if ' seed.' in ' ' ~ selected_resources | join(' ') -%}
        {%- if load.rules_fingerprint.split(' ')[-1] != rules_fingerprint().split(' ')[-1] %}
    update {{ loads }} set rules_fingerprint = 'seeds of {{ invocation_id }}'
    where load_number >= coalesce((select max(load_number) from {{ loads }} where is_complete), 0);
        {%- endif -%}
        {%- if overrides.unique_id in selected_resources and load.overrides_fingerprint != overrides.checksum.checksum %}
    update {{ loads }} set overrides_fingerprint = '{{ invocation_id }}' where load_number = {{ load.load_number }};
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro note_seeds_loaded(results) -%}
    {#- Where all of them were, the database holds what the files say, and a run need not load them again. -#}
    {%- set seeds = graph.nodes.values() | selectattr('resource_type', 'eq', 'seed') | map(attribute='unique_id') | list -%}
    {%- set loaded = results | selectattr('status', 'eq', 'success') | map(attribute='node.unique_id') | select('in', seeds) | list -%}
    {%- for load in last_loads()[:1] if loaded | length == seeds | length and load.rules_fingerprint == 'seeds of ' ~ invocation_id %}
    update {{ relation_named('event_loads') }} set rules_fingerprint = rules_fingerprint || ' {{ rules_fingerprint().split(' ')[-1] }}'
    where rules_fingerprint = 'seeds of {{ invocation_id }}';
    {%- endfor -%}
{%- endmacro %}
