{% macro run_clock() -%}
    {%- set clock = var('as_of') or run_started_at.strftime('%Y-%m-%d %H:%M:%S') -%}
    cast('{{ clock }}' as {{ dbt.type_timestamp() }})
{%- endmacro %}

{% macro is_provisional(received_at) -%}
    coalesce({{ received_at }} > {{ dbt.dateadd('minute', '-' ~ var('watermark_minutes'), run_clock()) }}, false)
{%- endmacro %}

{% macro is_late(occurred_at, received_at) -%}
    coalesce({{ dbt.datediff(occurred_at, received_at, 'microsecond') }} > {{ var('watermark_minutes') | int * 60000000 }}, false)
{%- endmacro %}

{% macro is_of_this_run(column) -%}
    {#- For data tests: a build looks at what it brought or changed, dbt test at everything. The column's name tells what it holds. -#}
    {% set name = (column or '').split('.')[-1] %}
    {% if name == 'load_number' %}
        {% set is_new = '> ' ~ last_complete_load() %}
    {% elif name in ['id_number', 'visitor_number'] %}
        {% set is_new = 'in (select changed.id_number from ' ~ ref('int_changed_visitors') ~ ' as changed)' %}
    {% elif name in ['anonymous_id', 'node_id', 'universal_id'] %}
        {% set is_new = 'in (select changed.identity_id from ' ~ ref('int_changed_persons') ~ ' as changed)' %}
    {% elif name == 'conversion_id' %}
        {% set is_new = 'in (select conversions.conversion_id from ' ~ ref('conversions') ~ ' as conversions where '
            ~ is_of_this_run('conversions.universal_id') ~ ')' %}
    {% endif %}
    {{ return(column ~ ' ' ~ is_new if is_new and execute and flags.WHICH == 'build' and last_complete_load() > 0 else 'true') }}
{%- endmacro %}

{% macro has_news() -%}
    {#- Whether this run changes what is made of visitors, overrides and rules. A run that does not know makes it anew. -#}
    {% set loads = last_loads() %}
    {% set goes_on = loads | length == 2 and loads[0].invocation_id == invocation_id and loads[1].is_complete
        and loads[0].rules_fingerprint == loads[1].rules_fingerprint
        and loads[0].overrides_fingerprint == loads[1].overrides_fingerprint and not flags.FULL_REFRESH %}
    {{ return(not goes_on or may_hold_rows(relation_named('int_changed_visitors'))) }}
{%- endmacro %}

{% macro should_full_refresh() -%}
    {#- Replaces dbt's own: a table that the last run did not leave complete, or that other rules made, is made again. -#}
    {% set asked, keeps_rows = config.get('full_refresh'), config.get('meta', {}).get('holds_raw_events', false) %}
    {{ return(asked if asked is not none else flags.FULL_REFRESH or model.resource_type == 'model' and not keeps_rows and last_complete_load() == 0) }}
{%- endmacro %}

{% macro get_incremental_replace_changed_sql(arguments) -%}
    {#- delete+insert deletes only keys that come back; here rows go that the changed entities no longer have, too. -#}
    {%- set target = arguments.target_relation -%}
    {%- set keys = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    {%- set changed = config.get('meta').changed_entities -%}
    delete from {{ target }} as stored
    using {{ ref(changed['model']).render() }} as changed
    where
        {%- for key in keys %}
        stored.{{ key }} = changed.{{ (changed['columns'] or keys)[loop.index0] }} {{ "and" if not loop.last }}
        {%- endfor %};
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro %}
