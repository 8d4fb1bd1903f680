{% macro click_id_type(click_id, known_type) -%}
    {#- Of an id that came without a name, how it begins tells some networks. -#}
    case
        when {{ click_id }} is null then null
        when {{ known_type }} is not null then {{ known_type }}
        {%- for parameter in click_id_parameters() if parameter.value_pattern %}
        when {{ regexp_matches(click_id, "'" ~ parameter.value_pattern ~ "'") }} then '{{ parameter.name | lower }}'
        {%- endfor %}
    end
{%- endmacro %}
