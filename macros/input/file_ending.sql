{% macro file_ending(path) -%}
    {#- Of events.CSV.gz it is .csv: readers unpack by name themselves. -#}
    {% set name = path.replace('\\', '/').split('/')[-1] | lower %}
    {% for packed in ['.gz', '.zst'] if name.endswith(packed) %}
        {{ return('.' ~ name[:-(packed | length)].split('.')[-1]) }}
    {% endfor %}
    {{ return('.' ~ name.split('.')[-1]) }}
{%- endmacro %}
