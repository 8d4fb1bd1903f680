{% macro click_id_parameters() -%}
    {{ return(['gclid', 'gbraid', 'wbraid', 'dclid', 'fbclid', 'ttclid', 'msclkid', 'twclid', 'li_fat_id', 'ScCid']) }}
{%- endmacro %}
