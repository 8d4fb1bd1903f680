{% macro has_changed(present, loaded) -%}
    {#- Files have a size and a time, tables a number of rows; that a vendor closes a day with fewer takes nothing back. -#}
    {{ present }}.size_bytes != {{ loaded }}.size_bytes
    or {{ present }}.modified_at != {{ loaded }}.modified_at
    or {{ present }}.total_rows < {{ loaded }}.row_count and not {{ present }}.may_shrink
    or {{ present }}.total_rows > {{ loaded }}.row_count and not {{ present }}.may_grow
{%- endmacro %}
