{% macro conversion_id() -%}
    case
        when order_id is not null then {{ surrogate_key(["'order'", 'space_id', 'order_id']) }}
        else {{ surrogate_key(["'event'", 'source_name', 'event_id']) }}
    end
{%- endmacro %}
