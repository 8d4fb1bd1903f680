{% macro generic_columns(raw_columns) -%}
    {#- What is read for columns of the generic source. One value that an expression cannot read would end the build. A unit test's raw rows
        have the names of the catalogue. -#}
    {% set read, is_unit_test = {}, model is defined and model.resource_type == 'unit_test' %}
    {% for name, expression in (var('generic_columns') or {}).items() if not is_unit_test %}
        {% if not is_name(expression) %}
            {% do read.update({name | lower: 'try(' ~ expression ~ ')' if target.type == 'duckdb' else expression}) %}
        {% else %}
            {% do read.update({name | lower: quoted_column(expression) if expression | lower in raw_columns else raw_column([], expression)}) %}
        {% endif %}
    {% endfor %}
    {{ return(read) }}
{%- endmacro %}

{% macro raw_names(node, kind) -%}
    {#- Under which names the columns are sent that a source's YAML lists. Of an expression it is not known which it cannot do without. -#}
    {% set read, names = (var('generic_columns') or {}) if node.source_name == 'generic' else {}, [] %}
    {% for name in node.config.get('meta', {}).get(kind, []) %}
        {% set expression = read.get(name, name) %}
        {% do names.append(expression) if is_name(expression) %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}

{% macro words(expressions) -%}
    {#- Whatever may be the name of a raw column in them: what is no text, bare or quoted as a name. -#}
    {% set words = [] %}
    {% for quoted, bare in modules.re.findall("'[^']*'" ~ '|"((?:[^"]|"")+)"|([A-Za-z_][A-Za-z0-9_]*)', expressions | join(' ')) if quoted or bare %}
        {% do words.append(bare or quoted | replace('""', '"')) %}
    {% endfor %}
    {{ return(words | unique(case_sensitive=true) | list) }}
{%- endmacro %}

{% macro is_name(expression) -%}
    {{ return(modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', expression) is not none) }}
{%- endmacro %}
