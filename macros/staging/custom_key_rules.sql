{% macro custom_key_rules(source_name=none) -%}
    {#-
        Read when the model compiles: one column expression a key is many times faster than looking names up a row. Of a source:
        keys that stand in any event's properties, and those that only this source has. Of none: all.
    -#}
    {% set rules = [] %}
    {% set seed_reference = ref('identity_key_rules') %}
    {% if execute %}
        {% set seed = load_relation(seed_reference) %}
        {% if seed is not none %}
            {% set rows = run_query(
                'select key_type, max(source_name), ' ~ dbt.bool_or('is_sensitive') ~ ' from ' ~ seed
                ~ " where is_enabled and key_type not in ('" ~ canonical_key_types() | join("', '") ~ "')"
                ~ ' group by key_type order by key_type'
            ) %}
            {% for row in rows if source_name is none or row[1] is none or row[1] == source_name %}
                {% do rules.append({'key_type': row[0], 'source_name': row[1], 'is_sensitive': row[2]}) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(rules) }}
{%- endmacro %}
