{% macro key_of_derived_id() -%}
    case
        {%- for name in ['user_id', 'email_hash', 'phone_hash', 'device_id'] %}
        when is_anonymous_id_derived and {{ name }} is not null then {{ hash_64(['space_id', "'" ~ name ~ "'", name]) }}
        {%- endfor %}
    end
{%- endmacro %}

{% macro ids_of_statements(statements) -%}
    {#- A statement speaks for its visitor. One that came without an id speaks for whoever was seen with what its id was derived from. -#}
    select
        statements.id_number as stated_by,
        ids.id_number
    from {{ statements }} as statements
    inner join {{ ref('int_identity_ids') }} as ids on statements.id_number = ids.visitor_number
    union distinct
    select
        statements.id_number as stated_by,
        observations.id_number
    from {{ statements }} as statements
    inner join {{ ref('int_identity_observations') }} as observations on statements.key_number = observations.key_number
{%- endmacro %}

{% macro suppresses(rule, record) -%}
    {#- A rule that names no type or no status is of any. -#}
    {{ record }}.channel = {{ rule }}.channel
    and ({{ rule }}.record_type is null or {{ record }}.record_type = {{ rule }}.record_type)
    and ({{ rule }}.status is null or {{ record }}.status = {{ rule }}.status)
{%- endmacro %}
