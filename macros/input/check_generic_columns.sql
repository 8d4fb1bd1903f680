{% macro check_generic_columns() -%}
    {#- Asked of the raw rows before anything is written, so that an expression that cannot be read ends the run here. -#}
    {% for table in raw_tables() if table.source_name == 'generic' and not table.is_awaited and var('generic_columns') %}
        {% set node, events = graph.sources['source.identity_graph.generic.' ~ table.name], raw_reader(table.relation, 'generic', table.name) %}
        {% set sent = sent_columns(table.relation) if 'read_json' in table.relation | string else source_columns(events) | list %}
        {% set read, parts, absent = generic_columns(source_columns(events)), [], [] %}
        {% for name, expression in var('generic_columns').items() %}
            {{ refuse('The var generic_columns reads ' ~ name ~ ', which is no column of the generic source and no enabled key of'
                ~ ' seeds/identity_key_rules.csv.') if key_types() and name not in node.columns.keys() | list + key_types() }}
            {% set named = words([expression]) %}
            {% set is_absent = named and not named | map('lower') | select('in', sent | map('lower') | list) | list %}
            {{ refuse('The var generic_columns reads ' ~ name ~ ' by ' ~ expression ~ ', in which no column of ' ~ raw_source_label('generic') ~ ' is named.')
                if is_absent and not is_name(expression) }}
            {% do absent.append(expression) if is_absent %}
            {% do parts.append(read[name | lower] ~ ' as ' ~ name) %}
        {% endfor %}
        {% set reader = '(select ' ~ parts | join(', ') ~ ' from ' ~ events ~ ')' %}
        {% do run_query('select * from ' ~ reader ~ ' as events limit 0') %}
        {{ check_column_types(
            source_columns(reader), {'id_columns': node.config.meta.id_columns, 'time_columns': node.config.meta.time_columns},
            raw_source_label('generic') ~ ', as the var generic_columns reads it,', reader
        ) if target.type == 'duckdb' }}
        {% do log(raw_source_label('generic') ~ ' lacks the column(s) ' ~ absent | join(', ') ~ ', which the var generic_columns names.', info=true)
            if absent and model.name == 'int_events_received' %}
    {% endfor %}
{%- endmacro %}
