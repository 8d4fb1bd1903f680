{% macro check_events_fingerprint() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and is_incremental() and load_relation(event_loads()) is not none -%}
        {% set stored = run_query(
            'select events_fingerprint from ' ~ event_loads()
            ~ ' where events_fingerprint is not null order by load_number desc limit 1'
        ).rows %}
        {% if stored and stored[0][0] != events_fingerprint() %}
            {{ exceptions.raise_compiler_error(
                'event_taxonomy, ignored_values, identity_spaces, bot_patterns, the custom keys of identity_key_rules, a source\'s consent or event tables, or a var of '
                ~ event_policies() | join(', ') ~ ' changed'
                ~ ' since the stored events were loaded, so these have to be judged again: repeat the command with --full-refresh.'
            ) }}
        {% endif %}
    {%- endif -%}
{%- endmacro %}
