{% macro without_addresses(text, is_removed='false') -%}
    {#-
        A plain search is several times cheaper than a pattern that says what to cut out, and that one than reading. No null may go the
        long way: for a single one DuckDB takes all of its steps.
    -#}
    {{ return(adapter.dispatch('without_addresses', 'identity_graph')(text, is_removed)) }}
{%- endmacro %}

{% macro duckdb__without_addresses(text, is_removed) -%}
    {%- if is_removed == 'false' -%}
    {{ stored_function('without_addresses') }}({{ text }})
    {%- else -%}
    {{ body_of_without_addresses(text, is_removed) }}
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__without_addresses(text, is_removed) -%}
    {{ body_of_without_addresses(text, is_removed) }}
{%- endmacro %}

{% macro body_of_without_addresses(text, is_removed) -%}
    {%- set shapes = personal_shapes() -%}
    {%- set encoded = encoded_character() -%}
    {%- set cut = 'case when ' ~ regexp_matches('seen', sql_text(encoded.rest, is_pattern=true)) ~ ' or ' ~ is_removed ~ " then '[removed]'"
        ~ ' else coalesce(nullif(' ~ regexp_replaced('seen', shapes.all, '\\1\\2[removed]') ~ ', seen), ' ~ text ~ ') end' -%}
    case
        when {{ text }} is null or not {{ regexp_matches(text, sql_text(shapes.marks, is_pattern=true)) }} then {{ text }}
        when {{ regexp_matches(text, sql_text(encoded.marks, is_pattern=true)) }} then {{ let('seen', decoded_text(text), cut) }}
        else {{ regexp_replaced(text, shapes.all, '\\1\\2[removed]') }}
    end
{%- endmacro %}
