{% macro file_format(path) -%}
    {#- none where the name does not say. -#}
    {% set formats = {
        '.parquet': 'parquet', '.pq': 'parquet', '.parq': 'parquet', '.csv': 'csv', '.tsv': 'csv', '.tab': 'csv', '.txt': 'csv',
        '.ndjson': 'json', '.jsonl': 'json', '.json': 'json'
    } %}
    {{ return(formats.get(file_ending(path))) }}
{%- endmacro %}
