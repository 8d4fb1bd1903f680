{% macro check_column_types(columns, table, label, left_alone) -%}
    {#- What another file of the source could hold as another type, so that a rebuild would read both as one. -#}
    {% set missing = table.required_columns | reject('in', columns) | list %}
    {% if missing %}
        {{ exceptions.raise_compiler_error(label ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ '.' ~ left_alone) }}
    {% endif %}
    {% for name, type in columns.items() %}
        {% set is_whole = modules.re.match('U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$', type) or modules.re.match('DECIMAL[(][0-9]+, ?0[)]$', type) %}
        {% set is_number = is_whole or type in ['FLOAT', 'DOUBLE'] or type.startswith('DECIMAL') %}
        {#- As text 7 is another id than 7.0, and of long numbers the last digits are lost. -#}
        {% if name in table.id_columns and is_number and not is_whole %}
            {{ exceptions.raise_compiler_error(
                label ~ ' holds ids as ' ~ ('numbers with decimals' if type.startswith('DECIMAL') else 'floating-point numbers') ~ ' in ' ~ name
                ~ ': write them as text or as whole numbers.' ~ left_alone
            ) }}
        {% elif name in table.get('time_columns', []) and is_number %}
            {{ exceptions.raise_compiler_error(
                label ~ ' holds times as numbers (' ~ type ~ ') in ' ~ name ~ ': write them as timestamps or as ISO 8601 text.' ~ left_alone
            ) }}
        {% endif %}
    {% endfor %}
{%- endmacro %}
