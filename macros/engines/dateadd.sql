{% macro bigquery__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {#- dbt's own gives a datetime, which BigQuery does not compare with the timestamps of this project. -#}
    timestamp_add(cast({{ from_date_or_timestamp }} as timestamp), interval {{ interval }} {{ datepart }})
{%- endmacro %}
