{% macro custom_key_rules() -%}
    {#- Read when the model compiles: one column expression a key is many times faster than looking names up a row. -#}
    {% set rules = [] %}
    {% set seed_reference = ref('identity_key_rules') %}
    {% if execute %}
        {% set seed = load_relation(seed_reference) %}
        {% if seed is not none %}
            {% set rows = run_query(
                'select key_type, ' ~ dbt.bool_or('is_sensitive') ~ ' from ' ~ seed
                ~ " where is_enabled and key_type not in ('" ~ canonical_key_types() | join("', '") ~ "')"
                ~ ' group by key_type order by key_type'
            ) %}
            {% for row in rows %}
                {% do rules.append({'key_type': row[0], 'is_sensitive': row[1]}) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(rules) }}
{%- endmacro %}
