-- What a media-mix model reads, in Meridian's names (Robyn's date_var is time, dep_var revenue): one row per week, from Monday, with spend and
-- impressions of each paid channel, and conversions with their revenue, in one currency; conversions without any are among them, and revenue
-- without a currency is none. For the market as a whole, where there is ad spend. No week is left out; the first and the last may be parts of one.
--
--   dbt --quiet show --select media_mix --limit -1 --output json --vars '{media_mix_currency: USD}'
{{ config(enabled=(env_var('IDENTITY_AD_SPEND', '') != '' or var('ad_spend_relation', none) is not none)) }}
{% set currency = sql_text(var('media_mix_currency', 'EUR')) %}
{# Each channel has columns of its own; one whose impressions are not known has none of them. #}
{% set channels = stored_rows(
    ref('channel_performance'), 'channel, sum(impression_count)',
    'where spend is not null and currency_code = ' ~ currency ~ ' group by channel order by channel'
) %}
{% set columns = {} %}
{% for channel, _ in channels %}
    {% set name = modules.re.sub('[^a-z0-9]+', '_', channel) %}
    {{ exceptions.raise_compiler_error(
        'media_mix: the channel ' ~ channel ~ ' has no name of its own for a column (' ~ name ~ '): name it in letters from a to z, and as no other.'
    ) if flags.WHICH == 'show' and (name in columns.values() or not modules.re.search('^[a-z]', name)) }}
    {% do columns.update({channel: name}) %}
{% endfor %}

with performance as (

    -- The credits of any model that shares conversions sum to all of them, so one is enough.
    select * from {{ ref('channel_performance') }}
    where
        attribution_model = 'last_touch'
        and identity_mode = 'graph'
        and (currency_code = {{ currency }} or currency_code is null)

),

ends as (

    select
        min(performance_date) as first_date,
        max(performance_date) as last_date
    from performance

),

days as (

    -- 1970 began on a Thursday.
    select
        time_spine_daily.date_day,
        cast({{ dbt.dateadd(
            'day', '-mod(' ~ dbt.datediff("cast('1969-12-29' as date)", 'time_spine_daily.date_day', 'day') ~ ', 7)', 'time_spine_daily.date_day'
        ) }} as date) as time  -- noqa: RF04
    from {{ ref('time_spine_daily') }} as time_spine_daily
    inner join ends on time_spine_daily.date_day between ends.first_date and ends.last_date

),

summed as (

    select
        days.time,
        {% for channel, impressions in channels %}
            {% set name = columns[channel] %}
            coalesce(sum(case when performance.channel = {{ sql_text(channel) }} then performance.spend end), 0) as {{ name }}_spend,
            {% if impressions is not none %}
                coalesce(sum(case when performance.channel = {{ sql_text(channel) }} then performance.impression_count end), 0) as {{ name }}_impression,
            {% endif %}
        {% endfor %}
        cast(coalesce(sum(performance.conversions), 0) as {{ dbt.type_bigint() }}) as conversions,
        coalesce(sum(case when performance.currency_code = {{ currency }} then performance.revenue end), 0) as revenue
    from days
    left join performance on days.date_day = performance.performance_date
    group by days.time

),

final as (

    select
        'national_geo' as geo,
        *,
        coalesce(round(revenue / nullif(conversions, 0), 4), 0) as revenue_per_conversion
    from summed

)

select * from final
order by time
