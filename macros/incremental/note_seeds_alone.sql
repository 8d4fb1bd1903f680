{% macro note_seeds_alone() -%}
    {#- What seeds of rules hold now, no table was made by: the run after this one makes all anew, and one that would not load them is refused. -#}
    {%- for load in last_loads()[:1] if ' seed.' in ' ' ~ selected_resources | join(' ') -%}
        {%- set others = [] -%}
        {%- for name in graph.nodes['model.identity_graph.int_identity_keys'].depends_on.nodes if name.endswith('.identity_overrides') -%}
            {%- do others.append(name) if name in selected_resources and load.overrides_fingerprint != graph.nodes[name].checksum.checksum -%}
        {%- endfor -%}
        {%- if others or load.rules_fingerprint.split(' ')[-1] != rules_fingerprint().split(' ')[-1] %}
    update {{ relation_named('event_loads') }}
    set rules_fingerprint = 'seeds of {{ invocation_id }}', overrides_fingerprint = '{{ invocation_id }}'
    where load_number = {{ load.load_number }};
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
