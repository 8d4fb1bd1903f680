{% macro check_connection() -%}
    {#- Only the profile can read a secret from the environment, and only the connection knows its settings. -#}
    {% set is_right = {'secret': 'coalesce((select ' ~ token_secret() ~ "), '') != ''"} %}
    {% if target.type == 'duckdb' %}
        {% do is_right.update({
            'TimeZone': "timestamptz '2026-07-01 00:00:00' = timestamptz '2026-07-01 00:00:00+00'",
            'default_order': '(select array_agg(number order by number) from unnest([1, 2]) as numbers (number)) = [1, 2]',
            'default_null_order': '(select array_agg(number order by number) from unnest([1, null]) as numbers (number)) = [1, null]',
            'default_collation': "current_setting('default_collation') in ('', 'binary')",
            'integer_division': '1 / 2 = 0.5'
        }) %}
    {% endif %}
    {% set answers = run_query('select ' ~ is_right.values() | join(', ')).rows[0] %}
    {% set wrong = [] %}
    {% for setting in is_right %}
        {% do wrong.append(setting) if not answers[loop.index0] %}
    {% endfor %}
    {{ refuse(
        ('The token secret is empty, so ips and phones cannot be tokenised.' if 'secret' in wrong else 'The time zone of the connection is not UTC.')
        ~ (' The output of profiles.yml needs these lines, and the environment a DBT_ENV_SECRET_IDENTITY_TOKEN:\nsettings:\n  TimeZone: UTC\n'
            ~ "  VARIABLE identity_token_secret: \"{{ env_var('DBT_ENV_SECRET_IDENTITY_TOKEN') }}\"\n" if target.type == 'duckdb' else '')
    ) if 'secret' in wrong or 'TimeZone' in wrong }}
    {{ refuse(
        'The same SQL gives other rows by these settings of the connection: ' ~ wrong | join(', ') ~ '. Take them out of the output of profiles.yml,'
        ~ ' so that they are as DuckDB has them.'
    ) if wrong }}
{%- endmacro %}
