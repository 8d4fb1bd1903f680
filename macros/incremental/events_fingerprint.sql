{% macro events_fingerprint(with_rows=true) -%}
    {#- What stored events were judged by when they were loaded, a list of `name=hash`, so that a change has a name. Before seeds are
        loaded, only their files are known, and the token secret. -#}
    {% set seeds = ['event_taxonomy', 'ignored_values', 'currency_codes', 'identity_spaces', 'bot_patterns', 'raw_columns'] %}
    {% set parts = ['token_secret=' ~ run_query('select ' ~ token("'identity_graph'")).rows[0][0]] %}
    {% for node in graph.nodes.values() | sort(attribute='unique_id') if node.resource_type == 'seed' and node.name in seeds %}
        {% do parts.append(node.name ~ '.csv=' ~ node.checksum.checksum) %}
    {% endfor %}
    {% if with_rows %}
        {% for name in seeds %}
            {% set rows = [] %}
            {% for row in run_query('select * from ' ~ relation_named(name)).rows %}
                {% do rows.append(row.values() | string) %}
            {% endfor %}
            {% do parts.append(name ~ '=' ~ local_md5(rows | sort | string)) %}
        {% endfor %}
        {% for policy in ['unregistered_events', 'unregistered_versions', 'retired_events', 'properties_policy'] %}
            {% do parts.append(policy ~ '=' ~ local_md5(var(policy) | string)) %}
        {% endfor %}
        {% do parts.append('click_id_parameters=' ~ local_md5(click_id_parameters() | string)) %}
        {% set rules = custom_key_rules() %}
        {% do parts.append('identity_key_rules=' ~ local_md5(rules | selectattr('source_name', 'none') | list | string)) %}
        {#- One for each, so that a hash that is no longer asked for is no reason to read all again. -#}
        {% for key_type in ad_platform_hashes(relation_named('destinations')) %}
            {% do parts.append('destinations (' ~ key_type ~ ')=made') %}
        {% endfor %}
        {#- What a version of the database hashes differently would never be found again. -#}
        {% do parts.append('hash_64=' ~ run_query('select ' ~ hash_64(["'identity_graph'"])).rows[0][0]) %}
        {% for source_name in var('event_sources') %}
            {% do parts.append('source ' ~ source_name ~ '=' ~ local_md5(settings_of_source(source_name, rules) | string)) %}
        {% endfor %}
        {#- Where an event has a table of its own, its row in another table is none. -#}
        {% for table in raw_tables() | selectattr('repeats_rows') %}
            {% do parts.append('source ' ~ table.source_name ~ ' with the table ' ~ table.name ~ '=read') %}
        {% endfor %}
    {% endif %}
    {{ return(parts) }}
{%- endmacro %}

{% macro settings_of_source(source_name, rules) -%}
    {#- What its events are read by, its stagings among it. -#}
    {% set settings = [rules | selectattr('source_name', 'eq', source_name) | list, var(source_name ~ '_consent_categories', []),
        var(source_name ~ '_columns', []), var(source_name ~ '_time_zone', []), var(source_name ~ '_event_names', [])] %}
    {% set tables = raw_tables() | selectattr('source_name', 'eq', source_name) | list %}
    {% for node in graph.nodes.values() | sort(attribute='name')
        if modules.re.match('(base|stg)_' ~ source_name ~ '__', node.name) %}
        {% do settings.append(node.name ~ ':' ~ node.checksum.checksum) %}
    {% endfor %}
    {% do settings.append(var('csv_dialect') or {}) if tables | selectattr('is_read_by_ending') | list %}
    {{ return(settings) }}
{%- endmacro %}
