{% macro check_token_secret(left_alone) -%}
    {% set stored = stored_events_fingerprint() %}
    {% if 'token_secret=' in stored | join('; ') and token_secret_fingerprint() not in stored %}
        {% set tombstones = relation_named('int_erasure_requests') %}
        {% if load_relation(tombstones) is not none and run_query('select 1 from ' ~ tombstones ~ ' limit 1').rows %}
            {{ exceptions.raise_compiler_error(
                'The token secret is another than before, by which erased persons are known who would come back: set the old one again.'
                ~ left_alone
            ) }}
        {% elif not flags.FULL_REFRESH %}
            {{ exceptions.raise_compiler_error(
                'The token secret is another than before, so the same ip or phone would be another key: set the old one again, or run'
                ~ ' dbt build --full-refresh.' ~ left_alone
            ) }}
        {% endif %}
    {% endif %}
{%- endmacro %}

{% macro token_secret_fingerprint() -%}
    {{ return('token_secret=' ~ run_query('select ' ~ token("'identity_graph'")).rows[0][0]) }}
{%- endmacro %}
