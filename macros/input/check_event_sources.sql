{% macro check_event_sources() -%}
    {#- While dbt parses: of a source that is not there it would only say that a node was not found. -#}
    {% set sources = var('event_sources') %}
    {% if sources is string or sources is mapping or sources is not iterable %}
        {{ exceptions.raise_compiler_error('The var event_sources is ' ~ tojson(sources) ~ '; it has to be a list, as [' ~ sources ~ '].') }}
    {% endif %}
    {% set shipped = ['amplitude', 'ga4', 'generic', 'kissmetrics', 'ping', 'records', 'rudderstack', 'segment', 'snowplow'] %}
    {% set others = sources | reject('in', shipped) | list %}
    {% if others and not execute and project_name == 'identity_graph' %}
        {% do log(
            'The var event_sources names ' ~ others | join(', ') ~ ', which has to be a source of your own (stg_<source>__events); those that are here: '
            ~ shipped | join(', ') ~ '.', info=true
        ) %}
    {% endif %}
{%- endmacro %}
