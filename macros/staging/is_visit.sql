{% macro is_visit() -%}
    {#- What a server sends, or a record says, is no visit. So is what names neither a browser nor a device. -#}
    coalesce(platform, '') != 'server' and (not is_anonymous_id_derived or device_id is not null)
{%- endmacro %}
