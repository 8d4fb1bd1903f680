{% macro csv_dialect(path) -%}
    {#- How CSV files are written; nothing of it is guessed, because a guess from a sample is wrong for the rows after it. -#}
    {% set dialect = {'delimiter': ',', 'quote': '"', 'escape': '"', 'comment': '', 'skip': 0, 'encoding': 'utf-8', 'null_text': ''} %}
    {% do dialect.update(var('csv_dialect') or {}) %}
    {% if modules.re.search('[.](tsv|tab)([.](gz|zst))?$', path | lower) %}
        {% do dialect.update({'delimiter': '\t'}) %}
    {% endif %}
    {{ return(dialect) }}
{%- endmacro %}
