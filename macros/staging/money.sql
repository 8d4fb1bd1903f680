{% macro money_columns(amounts, currency, ignored, prefix='') -%}
    {#- A lone sign is no placeholder of a currency; int_checked_events says which code is meant. -#}
    {%- set texts = [] -%}
    {%- for amount in amounts -%}
        {%- do texts.append(known_value('cast(' ~ amount ~ ' as ' ~ dbt.type_string() ~ ')', ignored)) -%}
    {%- endfor -%}
    {{ amount_or_null(amounts) }} as {{ prefix }}revenue_amount,
    case
        when {{ amount_or_null(amounts) }} is null
            then 'wrong_type: revenue (' || {{ value_shape(
                'coalesce(' ~ (texts + ['cast(null as ' ~ dbt.type_string() ~ ')']) | join(', ') ~ ')'
            ) }} || ')'
        else cast(null as {{ dbt.type_string() }})
    end as {{ prefix }}unread_revenue,
    upper(coalesce(
        {{ known_value(currency, ignored) }}, case when {{ currency }} like '%$%' then {{ trimmed(currency) }} end
    )) as {{ prefix }}currency_code
{%- endmacro %}

{% macro value_shape(text) -%}
    {{ regexp_replaced(regexp_replaced(regexp_replaced(
        'left(' ~ text ~ ', 40)', '[0-9]', '9'), '\\p{L}', 'a'), '[^9a .,()+\\p{Sc}-]', '?') }}
{%- endmacro %}

{% macro iso_currencies() -%}
    {#- ISO 4217, the codes in use and those that the euro took the place of since 2011. -#}
    {{ return((
        'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNH CNY'
        ~ ' COP CRC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS'
        ~ ' INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP'
        ~ ' MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK'
        ~ ' SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF'
        ~ ' XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL'
    ).split(' ')) }}
{%- endmacro %}
