{% macro check_connection() -%}
    {#- Only the connection knows its settings. -#}
    {% set is_right = {
        'TimeZone': "timestamptz '2026-07-01 00:00:00' = timestamptz '2026-07-01 00:00:00+00'",
        'default_order': '(select array_agg(number order by number) from unnest([1, 2]) as numbers (number)) = [1, 2]',
        'default_null_order': '(select array_agg(number order by number) from unnest([1, null]) as numbers (number)) = [1, null]',
        'default_collation': "current_setting('default_collation') in ('', 'binary')",
        'integer_division': '1 / 2 = 0.5'
    } %}
    {% set answers = run_query('select ' ~ is_right.values() | join(', ')).rows[0] %}
    {% set wrong = [] %}
    {% for setting in is_right %}
        {% do wrong.append(setting) if not answers[loop.index0] %}
    {% endfor %}
    {{ refuse(
        'The same SQL gives other rows by these settings of the connection: ' ~ wrong | join(', ') ~ '. In the output of profiles.yml, settings needs the'
        ~ ' line TimeZone: UTC, and none of the others, so that they are as DuckDB has them.'
    ) if wrong }}
{%- endmacro %}
