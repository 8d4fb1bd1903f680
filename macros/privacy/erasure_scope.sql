{% macro erasure_scope(asked_now, asked_ever) -%}
    {#- Which events have to be searched: all for a new tombstone, the new ones for those that are known, none where there is none. -#}
    {% set scope = 'true' %}
    {% if execute and not run_query(asked_now).rows %}
        {% set scope = 'load_number > ' ~ last_complete_load() if asked_ever and run_query(asked_ever).rows else 'false' %}
    {% endif %}
    {{ return(scope) }}
{%- endmacro %}
