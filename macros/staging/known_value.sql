{% macro known_value(value, ignored) -%}
    {#-
        Every identifier is judged here, whatever its way in: a placeholder that everybody sends would join everybody. The value stands
        in the SQL once, so that what holds many of them stays readable for the engine.
    -#}
    nullif({{ regexp_replaced(id_text(value), placeholder_pattern(ignored), '') }}, '')
{%- endmacro %}
