{% macro refuse(message) -%}
    {{ exceptions.raise_compiler_error(
        message ~ (' No event was taken.' if execute and model.name == 'int_events_received' else ' Nothing was built; the database is as it was.')
    ) }}
{%- endmacro %}
