{% macro forget_removed_events(column) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where {{ column }} in (select {{ column }} from {{ ref('int_removed_events') }})
    {%- endif -%}
{%- endmacro %}
