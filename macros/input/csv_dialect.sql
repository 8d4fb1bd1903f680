{% macro csv_dialect(path='') -%}
    {#- How CSV files are written; nothing of it is guessed, because a guess from a sample is wrong for the rows after it. -#}
    {% set dialect = default_dialect() %}
    {% do dialect.update(var('csv_dialect') or {}) %}
    {% if file_ending(path) in ['.tsv', '.tab'] %}
        {% do dialect.update({'delimiter': '\t'}) %}
    {% endif %}
    {{ return(dialect) }}
{%- endmacro %}

{% macro default_dialect() -%}
    {{ return({'delimiter': ',', 'quote': '"', 'escape': '"', 'comment': '', 'skip': 0, 'encoding': 'utf-8', 'null_text': ''}) }}
{%- endmacro %}
