{% macro amount_or_null(values) -%}
    {%- set amounts = [] -%}
    {%- for value in ([values] if values is string else values) if value != 'null' -%}
        {%- for number in [value, written_amount('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')')] -%}
            {%- do amounts.append(adapter.dispatch('as_amount', 'identity_graph')(number)) -%}
        {%- endfor -%}
    {%- endfor -%}
    coalesce({{ (amounts + ['cast(null as ' ~ type_decimal(18, 4) ~ ')']) | join(', ') }})
{%- endmacro %}

{% macro duckdb__as_amount(value) -%}
    try_cast({{ value }} as numeric(18, 4))
{%- endmacro %}

{% macro bigquery__as_amount(value) -%}
    {#- What numeric(18, 4) cannot hold is no amount. -#}
    cast(
        case when abs(safe_cast({{ value }} as numeric)) < 100000000000000 then round(safe_cast({{ value }} as numeric), 4) end
        as numeric
    )
{%- endmacro %}

{% macro written_amount(text) -%}
    {#- Step by step on one text: what was understood begins with =, # is the decimal point. 1,234 may mean two numbers. -#}
    {%- set currency = '(?:[A-Z]{0,3}\\p{Sc}[A-Z]{0,3}|' ~ iso_currencies() | join('|') ~ '|EUROS?|DOLLARS?|KR[.]?|ZŁ|KČ|FR[.]?|LEI|FT|RS[.]?|RP[.]?|RM|TL)?' -%}
    {%- set number = [
        '[0-9]+',
        '[0-9]*[.,](?:[0-9]{1,2}|[0-9]{4,})',
        '(?:0|[0-9]{4,})?[.,][0-9]+',
        '[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}[.][0-9]+',
        '[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}',
        '[0-9]{1,3}(?:[.][0-9]{3})+,[0-9]+',
        '[0-9]{1,3}(?:[.][0-9]{3}){2,}',
        '[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?'
    ] | join('|') -%}
    {%- set steps = [
        ('[\u2212\u2010-\u2015]', '-'),
        ("[\\p{Z}\\s'`\u00b4\u02bc\u2019]", ' '),
        ('^ *[(](.*)[)] *$', '-\\1'),
        ('^ *(.*[0-9]) ?- *$', '-\\1'),
        ('^ *(?:[+]|(-))? ?' ~ currency ~ ' ?(-?) ?(' ~ number ~ ')(?:[.,]?-+)? ?' ~ currency ~ ' *$', '=\\1\\2\\3'),
        ('^(=-?[0-9]{1,3}(?:(?:,[0-9]{2,3})+,[0-9]{3}|(?:[.][0-9]{3}){2,}|(?: [0-9]{3})+))$', '\\1#'),
        ('^(=.*)[.,]([0-9]+)$', '\\1#\\2'),
        ('[ .,]', ''),
        ('#', '.')
    ] -%}
    {%- set stepped = namespace(text='upper(' ~ text ~ ')') -%}
    {%- for pattern, replacement in steps -%}
        {%- set stepped.text = regexp_replaced(stepped.text, pattern, replacement) -%}
    {%- endfor -%}
    {{ regexp_group(stepped.text, '^=(.*)$') }}
{%- endmacro %}
