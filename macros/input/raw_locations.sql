{% macro raw_locations() -%}
    {% set locations = [] %}
    {% for table in raw_tables() %}
        {% do locations.append(table.source_name ~ ': ' ~ table.location) %}
    {% endfor %}
    {{ return(locations) }}
{%- endmacro %}
