{% macro file_format(path) -%}
    {#- Of events.CSV.gz it is csv, for readers unpack by name themselves; none where the name does not say. -#}
    {% for format, endings in {'parquet': 'parquet|pq|parq', 'csv': 'csv|tsv|tab|txt', 'json': 'ndjson|jsonl|json'}.items()
        if modules.re.search('[.](' ~ endings ~ ')([.](gz|zst))?$', path | lower) %}
        {{ return(format) }}
    {% endfor %}
    {{ return(none) }}
{%- endmacro %}
