{{ config(materialized='table') }}
{% set of_person = [
    'space_id', 'universal_id', 'first_visit_at', 'last_seen_at', 'id_count', 'is_stitched', 'identity_confidence', 'is_activatable',
    'account_id', 'has_withdrawn_consent', 'is_over_limit'
] %}
{# Read when the model compiles, as each trait is a column. A sum is one of each currency that was seen. #}
{% set names = stored_rows(ref('trait_definitions'), 'trait_name', "where is_enabled and rule != 'sum' order by 1") | map(attribute=0) | list %}
{% set sums = stored_rows(ref('person_traits'), 'distinct trait_name', "where rule = 'sum' order by 1") | map(attribute=0) | list %}
{% set taken, columns, values = of_person | list, [], [] %}
{% for name in names + sums %}
    {{ exceptions.raise_compiler_error(
        'The trait ' ~ name ~ ' of seeds/trait_definitions.csv can be no column of person_profiles: give it a name of letters, digits and _ that'
        ~ ' neither another trait has nor one of the columns ' ~ of_person | join(', ') ~ '.'
    ) if name | lower in taken or not modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', name) }}
    {% do taken.append(name | lower) %}
{% endfor %}
{% for name in (names + sums) | sort %}
    {% set value = 'cast(trait_value as ' ~ type_decimal(18, 4) ~ ')' if name in sums else 'trait_value' %}
    {% do columns.append(adapter.quote(name)) %}
    {% do values.append('max(case when trait_name = ' ~ sql_text(name) ~ ' then ' ~ value ~ ' end) as ' ~ adapter.quote(name)) %}
{% endfor %}

with persons as (

    select * from {{ ref('persons') }}

),

current_traits as (

    select * from {{ ref('person_traits') }}
    where is_current

),

traits as (

    select
        {{ (['space_id', 'universal_id'] + values) | join(',\n        ') }}
    from current_traits
    group by space_id, universal_id

),

final as (

    select
        persons.{{ of_person | join(',\n        persons.') }}
        {{- ',\n        traits.' if columns }}{{ columns | join(',\n        traits.') }}
    from persons
    left join traits on persons.space_id = traits.space_id and persons.universal_id = traits.universal_id

)

select * from final
