{% macro without_addresses(text, is_removed='false') -%}
    {#-
        Text in which nothing is found stays as it was sent. A plain search is several times cheaper than a pattern that says what to
        cut out, and that one than reading. A condition on `value.seen`, the decoded text, may say that the whole text goes.
    -#}
    {{ return(adapter.dispatch('without_addresses', 'identity_graph')(
        text, is_removed, personal_shapes(), encoded_character()
    )) }}
{%- endmacro %}

{% macro duckdb__without_addresses(text, is_removed, shapes, encoded) -%}
    {%- if is_removed == 'false' -%}
    {{ stored_function('without_addresses') }}({{ text }})
    {%- else -%}
    {{ body_of_without_addresses(text, is_removed, shapes, encoded) }}
    {%- endif -%}
{%- endmacro %}

{% macro body_of_without_addresses(text, is_removed, shapes, encoded) -%}
    case
        when not regexp_matches({{ text }}, '{{ shapes.marks }}') then {{ text }}
        when regexp_matches({{ text }}, '{{ encoded.marks }}') then list_transform(
            [{'sent': {{ text }}, 'seen': {{ decoded_text(text) }}}],
            lambda value: case
                when regexp_matches(value['seen'], '{{ encoded.rest }}') or {{ is_removed }} then '[removed]'
                else coalesce(nullif(regexp_replace(value['seen'], '{{ shapes.all }}', '\1\2[removed]', 'g'), value['seen']), value['sent'])
            end
        )[1]
        else regexp_replace({{ text }}, '{{ shapes.all }}', '\1\2[removed]', 'g')
    end
{%- endmacro %}

{% macro bigquery__without_addresses(text, is_removed, shapes, encoded) -%}
    case when regexp_contains({{ text }}, {{ sql_text(shapes.marks, is_pattern=true) }}) then (
        select case
            when regexp_contains(value.seen, {{ sql_text(encoded.rest, is_pattern=true) }}) or {{ is_removed }} then '[removed]'
            else coalesce(nullif(regexp_replace(value.seen, {{ sql_text(shapes.all, is_pattern=true) }}, r'\1\2[removed]'), value.seen), value.sent)
        end
        from (select {{ text }} as sent, {{ decoded_text(text) }} as seen) as value
    ) else {{ text }} end
{%- endmacro %}
