{% macro raw_columns(source_name) -%}
    {#-
        By canonical column, the names that a source's senders give it, in the order in which they are asked for. Read when the model
        compiles; what stands for one source goes before what stands for all.
    -#}
    {% set names = {'email': [], 'phone': [], 'account_id': [], 'order_id': [], 'revenue': [], 'currency': []} %}
    {% set seed_reference = ref('raw_columns') %}
    {% if execute %}
        {% set seed = load_relation(seed_reference) %}
        {% if seed is not none %}
            {% for row in run_query(
                'select canonical_column, raw_column from ' ~ seed ~ ' where source_name is null or source_name = ' ~ sql_text(source_name)
                ~ ' order by case when source_name is null then 1 else 0 end, priority, raw_column'
            ) %}
                {#- A name is part of SQL and of a JSON path. -#}
                {% if row[0] not in names or modules.re.search("['\"\\\\]", row[1]) %}
                    {{ exceptions.raise_compiler_error(
                        'seeds/raw_columns.csv: ' ~ row[0] ~ ', ' ~ row[1] ~ '. The canonical column is one of ' ~ names.keys() | join(', ')
                        ~ ', and a raw name holds no quote and no backslash.'
                    ) }}
                {% endif %}
                {% do names[row[0]].append(row[1]) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(names) }}
{%- endmacro %}
