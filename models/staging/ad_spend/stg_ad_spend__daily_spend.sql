{% set named = var('ad_spend_relation') %}
{% set spend = relation_of_project(named) if named else source('ad_spend', 'daily_spend') %}
{% if execute and not named and not modules.re.search('[.](csv|parquet)([.]gz)?$', env_var('IDENTITY_AD_SPEND', '') | lower) %}
    {{ refuse('IDENTITY_AD_SPEND names no file whose name ends in .csv or .parquet; see docs/marts.md.') }}
{% endif %}
{% set columns = source_columns(spend) %}
{# 1.234 has its thousands parted, as 1,234 has. #}
{% set parted = '^[0-9]{1,3}([,. ][0-9]{3})+$' %}
{% if execute and flags.WHICH in ['build', 'run'] and model.resource_type != 'unit_test' %}
    {% set missing = ['date', 'cost', 'currency'] | reject('in', columns) | join(', ') %}
    {{ refuse('Ad spend (' ~ raw_location(spend) ~ ') ' ~ ('lacks the column(s) ' ~ missing if columns else 'is not there')
        ~ '. IDENTITY_AD_SPEND names CSV or Parquet files, the var ad_spend_relation a model or source; see docs/marts.md.') if missing }}
{% endif %}

with source as (

    select * from {{ spend }}

),

renamed as (

    select
        {{ cast_or_null('left(' ~ raw_column(columns, 'date') ~ ', 10)', 'date') }} as spend_date,
        {{ raw_column(columns, 'space_id') }} as space_id,
        {{ raw_column(columns, 'channel') }} as channel,
        {{ raw_column(columns, 'utm_campaign') }} as utm_campaign,
        {{ amount_or_null(raw_column(columns, 'cost')) }} as cost_amount,
        -- A count has no decimals, so that what stands between the digits of a text parts thousands.
        {% for name, sent in {'impression_count': 'impressions', 'click_count': 'clicks'}.items() %}
            {% set written = raw_column(columns, sent) %}
            cast(
                {% if columns.get(sent) | lower in ['varchar', 'string'] %}
                    coalesce(
                        {{ amount_or_null(regexp_replaced(written, parted)) }},
                        {{ amount_or_null(regexp_replaced(written, '[,. ]')) }}
                    )
                {% else %}
                    {{ amount_or_null(written) }}
                {% endif %} as {{ dbt.type_bigint() }}
            ) as {{ name }},
        {% endfor %}
        upper({{ raw_column(columns, 'currency') }}) as currency_code
    from source

),

final as (

    select
        *,
        case
            when spend_date is null then 'unparsable_date'
            when channel is null and utm_campaign is null then 'no_channel_or_campaign'
            when cost_amount is null then 'unparsable_cost'
            when currency_code is null or not {{ regexp_matches('currency_code', "'^(?:" ~ iso_currencies() | join('|') ~ ")$'") }} then 'unknown_currency'
        end as refusal_reason
    from renamed

)

select * from final
