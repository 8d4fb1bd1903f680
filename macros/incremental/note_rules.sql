{% macro note_rules_alone(chosen) -%}
    {#- By what seeds hold now, or the code that a part of the tables is made by, no whole run went: the next one makes all anew, and one that
        would not load the seeds is refused. -#}
    {%- set loads, overrides = relation_named('event_loads'), overrides_seed() -%}
    {%- set loads_seeds, makes_tables = ' seed.' in ' ' ~ selected_resources | join(' '),
        chosen | selectattr('config.materialized', 'eq', 'table_if_changed') | list -%}
    {%- for load in last_loads()[:1] if loads_seeds or makes_tables -%}
        {%- set before, now = load.rules_fingerprint.split(' '), rules_fingerprint().split(' ') -%}
        {%- set has_other_seeds = loads_seeds and before[-1] != now[-1] -%}
        {%- if has_other_seeds or makes_tables and before[0] not in ['seeds', 'code', now[0]] %}
    update {{ loads }} set rules_fingerprint = '{{ 'seeds of ' ~ invocation_id if has_other_seeds else 'code of ' ~ invocation_id ~ ' ' ~ before[-1] }}'
    where load_number >= coalesce((select max(load_number) from {{ loads }} where is_complete), 0);
        {%- endif -%}
        {#- A fingerprint of rows needs no note: the next run looks at the rows. -#}
        {%- if overrides.unique_id in selected_resources and load.overrides_fingerprint != overrides.checksum.checksum
            and not (load.overrides_fingerprint or '').startswith('rows ') %}
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
