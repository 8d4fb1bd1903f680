{% macro forget_old_reports() -%}
    {%- set reported = relation_named('users_reported') -%}
    {%- set reported_since = retention_cutoff(['reported_users'], relation_named('retention_periods')) -%}
    {%- if reported_since and load_relation(reported) is not none %}
    delete from {{ reported }} where dbt_valid_to < {{ reported_since }};
    {%- endif -%}
{%- endmacro %}
