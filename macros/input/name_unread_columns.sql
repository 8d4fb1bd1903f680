{% macro name_unread_columns() -%}
    {#- What a sender takes trouble to send, and nothing reads, is said at the start of the run. Other sources keep all they have. -#}
    {% set rules = relation_named('identity_key_rules') %}
    {#- A first run has no seeds yet. -#}
    {% set keys = run_query('select key_type from ' ~ rules ~ ' where is_enabled').columns[0].values() | list
        if load_relation(rules) is not none else var('generic_key_columns') %}
    {#- Of files of several kinds under one pattern no one reader tells the columns. -#}
    {% for table in raw_tables() if table.source_name == 'generic' and not table.is_awaited
        and (table.is_relation or target.type != 'duckdb' or file_format(table.location) and '[' not in table.location) %}
        {% set known = graph.sources.values() | selectattr('package_name', 'eq', 'identity_graph')
            | selectattr('source_name', 'eq', 'generic') | map(attribute='columns') | first %}
        {% set read = known.keys() | list + keys + [
            'raw_file', 'file_row_number', table.arrives_by | lower
        ] %}
        {% set readable = source_columns(table.relation) | select('in', read) | list %}
        {% set unread = sent_columns(table.relation) | map('lower') | reject('in', readable) | sort %}
        {% if unread %}
            {{ log(
                raw_source_label('generic') ~ ': nothing reads the column(s) ' ~ unread | join(', ') ~ '. A key is read once it has a row in'
                ~ ' seeds/identity_key_rules.csv (in NDJSON, and stands in the var generic_key_columns); all else belongs into properties.',
                info=true
            ) }}
        {% endif %}
    {% endfor %}
{%- endmacro %}
