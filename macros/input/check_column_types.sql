{% macro check_column_types(columns, table, label, reader) -%}
    {#- What another file of the source could hold as another type, so that a rebuild would read both as one. -#}
    {% set missing = table.get('required_columns', []) | reject('in', columns) | list %}
    {% if missing %}
        {{ refuse(label ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ '.') }}
    {% endif %}
    {% for name, type in columns.items() %}
        {% set is_whole = modules.re.match('U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$', type) or modules.re.match('DECIMAL[(][0-9]+, ?0[)]$', type) %}
        {% set is_number = is_whole or type in ['FLOAT', 'DOUBLE'] or type.startswith('DECIMAL') %}
        {#- What tools make of whole numbers as soon as one is missing is read as what it was, up to where digits are lost. -#}
        {% set is_double = name in table.id_columns and type == 'DOUBLE' %}
        {% set broken = run_query(
            'select 1 from ' ~ reader ~ ' where not isnan(' ~ adapter.quote(name) ~ ') and (abs(' ~ adapter.quote(name)
            ~ ') > 9007199254740992 or ' ~ adapter.quote(name) ~ ' != floor(' ~ adapter.quote(name) ~ ')) limit 1'
        ).rows | length > 0 if is_double else is_number and not is_whole %}
        {% if name in table.id_columns and broken %}
            {{ refuse(
                label ~ ' holds ids as ' ~ ('numbers with decimals' if type.startswith('DECIMAL') else 'floating-point numbers') ~ ' in ' ~ name
                ~ (' that have a fraction or lost digits' if is_double else '') ~ ': write them as text or as whole numbers.'
            ) }}
        {% elif name in table.get('time_columns', []) and is_number %}
            {{ refuse(
                label ~ ' holds times as numbers (' ~ type ~ ') in ' ~ name ~ ': write them as timestamps or as ISO 8601 text.'
            ) }}
        {% endif %}
    {% endfor %}
{%- endmacro %}
