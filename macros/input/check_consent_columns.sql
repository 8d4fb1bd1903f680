{% macro check_consent_columns(tables) -%}
    {#- A call without the column of a category is allowed, so a name that no table has would allow everybody. -#}
    {% set prefix, sent = 'context_consent_category_preferences', [] %}
    {% for table in tables %}
        {% set columns = source_columns(table.relation) %}
        {{ refuse(raw_source_label('segment') ~ ': ' ~ table.location ~ ' holds all categories of consent in the column ' ~ prefix
            ~ '; each is read from a column of its own, as Segment writes them (' ~ prefix ~ '_analytics).') if prefix in columns }}
        {% for column in columns if column.startswith(prefix ~ '_') %}
            {% do sent.append(column) %}
        {% endfor %}
    {% endfor %}
    {% set unknown = consent_columns(var('segment_consent_categories')) | reject('in', sent) | list if sent else [] %}
    {{ refuse(raw_source_label('segment') ~ ': the var segment_consent_categories names categories that no table has a column of ('
        ~ unknown | join(', ') ~ '); there are ' ~ sent | unique | sort | join(', ') ~ '.') if unknown }}
{%- endmacro %}

{% macro consent_columns(categories) -%}
    {#- Segment makes columns of names: of `Ad Storage` and `C0002` ad_storage and c0002. -#}
    {% set columns = [] %}
    {% for category in categories %}
        {% do columns.append('context_consent_category_preferences_' ~ modules.re.sub('[^a-z0-9]', '_', category | lower)) %}
    {% endfor %}
    {{ return(columns) }}
{%- endmacro %}
