{% macro var_rules() -%}
    {#- By var, the pattern of its values and how a message says it; of a list, of each of its parts. -#}
    {% set number, period, share = '[0-9]{1,6}', '0{0,5}[1-9][0-9]{0,4}', ['(0([.][0-9]+)?|1([.]0+)?)', 'a number between 0 and 1'] %}
    {% set name, flat_name, column = '[A-Za-z_][A-Za-z0-9_]*', '[A-Za-z0-9_-]+', ['[A-Za-z_][A-Za-z0-9_]*', 'the name of a column'] %}
    {% set choice, character = ['accept|reject', 'accept or reject'], ['(?s).?', 'one character or none'] %}
    {% set yes_or_no = ['(?i:true|false)', 'true or false'] %}
    {% set relation = [flat_name ~ '([.]' ~ flat_name ~ ')?', 'the name of a model, or of a source as source.table'] %}
    {% set tables, texts = [name, 'a list of names'], ["[^'\"\\\\]+", 'a list of names without quotes'] %}
    {{ return({
        'as_of': ['[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?', 'a time (UTC), as 2026-02-01 12:00:00'],
        'watermark_minutes': [number, 'a whole number of minutes, of six digits at most'],
        'session_timeout_minutes': [period, 'a whole number of minutes, from 1 to 99999'],
        'component_cap_floor': [number, 'a whole number, of six digits at most'],
        'statistics_period_days': [period, 'a whole number of days, from 1 to 99999'], 'component_cap_percentile': share,
        'activation_min_confidence': share, 'unregistered_events': choice, 'unregistered_versions': choice, 'retired_events': choice,
        'properties_policy': ['scrub|taxonomy', 'scrub or taxonomy'], 'enable_probabilistic': yes_or_no, 'hold_back_watermark': yes_or_no,
        'consent_withdrawal_retracts': ['later_events|all_events', 'later_events or all_events'],
        'generic_events_relation': relation, 'ad_spend_relation': relation,
        'generic_events_schema': [flat_name, 'the name of a schema'], 'generic_events_table': [flat_name, 'the name of a table'],
        'generic_arrives_by': column, 'rudderstack_arrives_by': column,
        'generic_columns': ['(?s).+', 'a mapping of columns to names or expressions, as {anonymous_id: user_pseudo}'],
        'mixpanel_time_zone': ['[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*', 'the name of a time zone, as Europe/Berlin'],
        'raw_files_like': ['.*', 'a pattern of SQL, as %2026-02%'],
        'event_sources': [name, 'a list of sources, as [generic]'], 'segment_event_tables': tables, 'rudderstack_event_tables': tables,
        'heap_event_tables': tables,
        'optional_marts': ['activation|events|funnels|journeys|paths|reconciliation|retention|traits', 'a list of activation, events, funnels, journeys, paths, reconciliation, retention, traits'],
        'path_attribution_model': [flat_name, 'the name of a row of attribution_models'],
        'path_transform': ['exposure_path|first_path|unique_path', 'exposure_path, first_path or unique_path'],
        'path_remove_last_direct': yes_or_no,
        'segment_consent_categories': texts, 'rudderstack_consent_categories': texts,
        'adobe_event_names': ["[0-9]+=[^'\"\\\\]+", 'a list of number=name, as ["200=signed_up"]'],
        'csv_dialect': ['.*', 'a mapping of delimiter, quote, escape, comment, skip, encoding, null_text, as {delimiter: ";"}'],
        'csv_dialect.delimiter': ['(?s).{1,4}', 'one to four characters'], 'csv_dialect.quote': character, 'csv_dialect.escape': character,
        'csv_dialect.comment': character, 'csv_dialect.skip': [number, 'a whole number of lines, of six digits at most'], 'csv_dialect.null_text': ['.*', 'a text'],
        'csv_dialect.encoding': ['utf-8|utf-16|latin-1', 'utf-8, utf-16 or latin-1']
    }) }}
{%- endmacro %}
