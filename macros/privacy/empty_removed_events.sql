{% macro empty_removed_events(removed) -%}
    {#- The row stays, so that every raw row is still accounted for, but nothing that it said. -#}
    update {{ ref('int_events_received').render() }} as received
    set
        {%- for column in canonical_columns() + ['event_hash', 'id_number', 'lifecycle_status']
            if column not in ['raw_file', 'raw_row_number', 'source_name', 'source_rejection_reason'] %}
        {{ column }} = null,
        {%- endfor %}
        is_anonymous_id_derived = false,
        is_registered = true,
        is_conversion = false,
        conversion_kind = null,
        is_consent_change = false,
        is_late = false,
        is_buffered = false,
        is_duplicate = false,
        rejection_reason = removed.cause
    from {{ removed }} as removed
    where received.event_number = removed.event_number
{%- endmacro %}
