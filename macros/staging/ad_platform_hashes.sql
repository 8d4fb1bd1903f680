{% macro ad_platform_hashes(destinations=none) -%}
    {#- A unit test says which it wants. -#}
    {% set types = ['google_email_hash', 'google_phone_hash', 'meta_email_hash', 'meta_phone_hash'] %}
    {% set is_asked = 'activation' in var('optional_marts') and model.resource_type != 'unit_test' %}
    {% set asked = stored_rows(
        destinations or ref('destinations'), 'distinct identifier_type',
        "where is_enabled and identifier_type in ('" ~ types | join("', '") ~ "') order by 1"
    ) if is_asked else [] %}
    {{ return(asked | map(attribute=0) | list) }}
{%- endmacro %}

{% macro ad_platform_hash(key_type, value) -%}
    {#- Without a secret, because a platform compares it with its own. Of a phone that does not say its country nobody knows the number. -#}
    {%- if key_type.endswith('_phone_hash') -%}
        {%- set phone = phone_parts(value) -%}
        {%- set number = ("'+' || " if key_type.startswith('google_') else '') ~ phone.number -%}
    case
        when {{ regexp_replaced(phone.dialled, '\\p{L}') }} != {{ phone.dialled }} then null
        when {{ phone.is_foreign }} and not {{ phone.is_nobodys }} then {{ sha256_hex(number) }}
    end
    {%- else -%}
        {%- set address = 'lower(trim(' ~ value ~ '))' -%}
        {%- set domain = dbt.split_part(address, "'@'", 2) -%}
    case
        when {{ value }} not like '%_@_%' or {{ value }} like '%@%@%' then null
        {%- if key_type.startswith('google_') %}
        when {{ address }} like '%@gmail.com' or {{ address }} like '%@googlemail.com'
            then {{ sha256_hex("replace(" ~ dbt.split_part(address, "'@'", 1) ~ ", '.', '') || '@' || " ~ domain) }}
        {%- endif %}
        else {{ sha256_hex(address) }}
    end
    {%- endif -%}
{%- endmacro %}

{% macro ad_platform_values(address, phone) -%}
    {#- A hash that was sent instead of an address gives none of these. -#}
    {%- set values, sent = {}, {'_email_hash': address, '_phone_hash': phone} -%}
    {%- for key_type in ad_platform_hashes() -%}
        {%- for ending, value in sent.items() if value and key_type.endswith(ending) -%}
            {%- do values.update({key_type: value}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(values) }}
{%- endmacro %}
