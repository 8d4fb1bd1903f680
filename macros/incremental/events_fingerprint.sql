{% macro events_fingerprint() -%}
    {#- What stored events were judged by when they were loaded: `name=hash`, joined by `; `, so that a change has a name. -#}
    {% set seeds = [] %}
    {% for name in event_seeds() %}
        {% do seeds.append(ref(name)) %}
    {% endfor %}
    {% set parts = [] %}
    {% for policy in event_policies() %}
        {% do parts.append(policy ~ '=' ~ local_md5(var(policy) | string)) %}
    {% endfor %}
    {% if execute %}
        {% for seed in seeds %}
            {% do parts.append(seed.identifier ~ '=' ~ run_query(relation_fingerprint(seed)).rows[0][0]) %}
        {% endfor %}
        {% do parts.append('click_id_parameters=' ~ local_md5(click_id_parameters() | string)) %}
        {% set rules = custom_key_rules() %}
        {% do parts.append('identity_key_rules=' ~ local_md5(rules | selectattr('source_name', 'none') | list | string)) %}
        {#- What a version of the database hashes differently would never be found again. -#}
        {% do parts.append('hash_64=' ~ run_query('select ' ~ hash_64(["'identity_graph'"])).rows[0][0]) %}
        {% do parts.append(token_secret_fingerprint()) %}
        {% for source_name in var('event_sources') %}
            {% set settings = [rules | selectattr('source_name', 'eq', source_name) | list, var(source_name ~ '_consent_categories', [])] %}
            {#- Where an event has a table of its own, its row in another table is none. -#}
            {% for table in raw_tables() if table.source_name == source_name and table.name in var(source_name ~ '_event_tables', []) %}
                {% do settings.append(table.name) %}
            {% endfor %}
            {% for node in graph.nodes.values() | sort(attribute='name') if node.name.startswith('stg_' ~ source_name ~ '__') %}
                {% do settings.append(node.name ~ ':' ~ node.checksum.checksum) %}
            {% endfor %}
            {% if raw_tables() | selectattr('source_name', 'eq', source_name) | selectattr('is_read_by_ending') | list %}
                {% do settings.append(var('csv_dialect')) %}
            {% endif %}
            {% do parts.append('source ' ~ source_name ~ '=' ~ local_md5(settings | string)) %}
        {% endfor %}
    {% endif %}
    {{ return((parts + event_seed_files()) | join('; ')) }}
{%- endmacro %}
