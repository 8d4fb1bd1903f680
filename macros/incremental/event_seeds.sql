{% macro event_seeds() -%}
    {#- The seeds that events are judged by, whole. -#}
    {{ return(['event_taxonomy', 'ignored_values', 'currency_codes', 'identity_spaces', 'bot_patterns', 'raw_columns']) }}
{%- endmacro %}
