{% macro snowplow_property(json, property) -%}
    {#- Typed columns are in snake case, what is stored as JSON is in the schema's own spelling. -#}
    {%- if camel_case(property) == property -%}
    {{ trimmed(json_text(json, property)) }}
    {%- else -%}
    {{ trimmed('coalesce(' ~ json_text(json, property) ~ ', ' ~ json_text(json, camel_case(property)) ~ ')') }}
    {%- endif -%}
{%- endmacro %}
