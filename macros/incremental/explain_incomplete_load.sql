{% macro explain_incomplete_load(results, missing) -%}
    {#- The list grows while it is read, until it holds all that the missing tables are made from. -#}
    {%- set needed = missing | map(attribute='unique_id') | list -%}
    {%- for name in needed if name in graph.nodes -%}
        {%- for parent in graph.nodes[name].depends_on.nodes if parent not in needed -%}
            {%- do needed.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set reasons = [] -%}
    {%- for result in results if result.status in ['error', 'fail'] -%}
        {%- set node = result.node -%}
        {%- set stopped = namespace(any=node.unique_id in needed) -%}
        {%- if node.resource_type in ['test', 'unit_test'] -%}
            {%- for tested in node.depends_on.nodes if tested in needed -%}
                {%- set stopped.any = true -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if stopped.any -%}
            {%- do reasons.append(
                node.resource_type | replace('_', ' ') ~ ' ' ~ node.name ~ ' ('
                ~ ((result.failures ~ ' found') if result.status == 'fail' and result.failures is not none else 'error') ~ ')'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if reasons -%}
        {%- do print(
            'This load is incomplete, because of ' ~ reasons | join(', ') ~ ': ' ~ missing[0].name
            ~ (' was' if missing | length == 1 else ' and ' ~ (missing | length - 1) ~ ' other tables were') ~ ' not made.\n'
            ~ 'No event is lost. Mend the reason, whose message and SQL stand below, then run dbt build again: it makes all tables anew.'
        ) -%}
    {%- endif -%}
{%- endmacro %}
