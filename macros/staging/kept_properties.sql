{% macro kept_properties(properties, names) -%}
    {{ return(adapter.dispatch('kept_properties', 'identity_graph')(properties, names)) }}
{%- endmacro %}

{% macro duckdb__kept_properties(properties, names) -%}
    case
        when not json_valid({{ properties }}) then '[removed]'
        when {{ properties }} is not null then '{' || array_to_string(list_transform(
            list_filter(json_keys({{ properties }}), lambda name: name != '' and list_contains(string_split({{ names }}, '|'), name)),
            lambda name: cast(to_json(name) as varchar) || ':'
            || cast(json_extract({{ properties }}, '/' || replace(replace(name, '~', '~0'), '/', '~1')) as varchar)
        ), ',') || '}'
    end
{%- endmacro %}

{% macro bigquery__kept_properties(properties, names) -%}
    case
        when {{ properties }} is not null and not {{ is_json(properties) }} then '[removed]'
        when {{ properties }} is not null then (
            select concat('{', coalesce(string_agg(
                concat(to_json_string(name), ':', to_json_string(parsed[name])), ',' order by name
            ), ''), '}')
            from
                (select safe.parse_json({{ properties }}, wide_number_mode => 'round') as parsed),
                unnest(split({{ names }}, '|')) as name
            where name != '' and parsed[name] is not null
        )
    end
{%- endmacro %}
