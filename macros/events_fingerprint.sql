{% macro events_fingerprint() -%}
    {#- What stored events were judged by when they were loaded. -#}
    {% set seeds = [ref('event_taxonomy'), ref('ignored_values'), ref('identity_spaces'), ref('bot_patterns')] %}
    {% set parts = [] %}
    {% for policy in event_policies() %}
        {% do parts.append(policy ~ ':' ~ var(policy)) %}
    {% endfor %}
    {% if execute %}
        {% for seed in seeds %}
            {% do parts.append(run_query(relation_fingerprint(seed)).rows[0][0]) %}
        {% endfor %}
        {% for rule in custom_key_rules() %}
            {% do parts.append(rule.key_type ~ ':' ~ rule.source_name ~ ':' ~ rule.is_sensitive) %}
        {% endfor %}
        {% for source_name in var('event_sources') %}
            {% for setting in ['consent_categories', 'account_group_types'] %}
                {% do parts.append(source_name ~ ':' ~ setting ~ ':' ~ var(source_name ~ '_' ~ setting, [])) %}
            {% endfor %}
        {% endfor %}
        {#- Where an event has a table of its own, its row in another table is none. -#}
        {% for table in raw_tables() if table.name in var(table.source_name ~ '_event_tables', []) %}
            {% do parts.append(table.source_name ~ ':' ~ table.name) %}
        {% endfor %}
        {#- A new version of the database may hash differently. -#}
        {% do parts.append(run_query('select ' ~ hash_64(["'identity_graph'"])).rows[0][0]) %}
    {% endif %}
    {{ return(local_md5(parts | join('|'))) }}
{%- endmacro %}
