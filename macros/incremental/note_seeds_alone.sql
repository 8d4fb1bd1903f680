{% macro note_seeds_alone() -%}
    {#- What seeds of rules hold now, no table was made by: the run after this one makes all anew, and one that would not load them is refused. -#}
    {%- for load in last_loads()[:1] if ' seed.' in ' ' ~ selected_resources | join(' ') -%}
        {%- set seed = overrides_seed() -%}
        {%- set overrides_differ = seed.unique_id in selected_resources and load.overrides_fingerprint != seed.checksum.checksum -%}
        {%- if overrides_differ or load.rules_fingerprint.split(' ')[-1] != rules_fingerprint().split(' ')[-1] %}
    update {{ relation_named('event_loads') }}
    set rules_fingerprint = 'seeds of {{ invocation_id }}', overrides_fingerprint = '{{ invocation_id }}'
    where load_number = {{ load.load_number }};
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
