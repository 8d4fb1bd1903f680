"""The tool compare_attribution: models, with their windows, with the graph and by cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from identity_graph.mcp_server.answers import (
    Cursor,
    Limit,
    ListAnswer,
    Space,
    answer,
    check_known,
    check_range,
    read_page,
    source,
)
from identity_graph.mcp_server.database import MARTS, SEEDS, Database, Reader
from identity_graph.mcp_server.lookup import check_space
from identity_graph.text import counted

DATA_DRIVEN = "data_driven_conversions"


class Credited(BaseModel):
    """What a model credits to one channel, campaign or source in one currency."""

    attribution_model: str
    window_days: int | None = Field(None, description="How far back the model looks; none = without limit")
    group: str | None = Field(None, description="Value of group_by; none = not told")
    currency_code: str | None = None
    graph_conversions: float
    cookie_conversions: float
    graph_revenue: float = Field(description="Net of refunds")
    cookie_revenue: float = Field(description="Net of refunds")
    revenue_difference: float = Field(description="graph - cookie")


class Comparison(ListAnswer):
    """Attribution models side by side."""

    group_by: str
    rows: list[Credited]


@dataclass(frozen=True)
class AttributionTools:
    """Attribution models side by side."""

    database: Database

    def compare_attribution(
        self,
        attribution_models: Annotated[
            list[Annotated[str, Field(max_length=100)]] | None, Field(max_length=20, description="All if left out")
        ] = None,
        group_by: Literal["channel", "utm_campaign", "utm_source"] = "channel",
        start_date: Annotated[date | None, Field(description="First UTC day of conversion")] = None,
        end_date: Annotated[date | None, Field(description="Last UTC day of conversion")] = None,
        currency_code: Annotated[str | None, Field(max_length=3)] = None,
        space_id: Space = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, Comparison]:
        """Conversions and revenue by attribution model, each with its window, with the graph and by cookie alone."""
        check_range(start_date, end_date)
        currency = currency_code.upper() if currency_code else None
        with self.database.open() as reader:
            known = known_models(reader)
            check_known("attribution model", attribution_models or [], known)
            check_space(reader, space_id)
            check_known("currency", [currency] if currency else [], known_currencies(reader))
            page = read_page(
                reader,
                COMPARED.format(credits=credits(reader, reader.public_marts), group=group_by, seeds=SEEDS),
                {
                    "models": attribution_models or known,
                    "start": start_date,
                    "end": end_date,
                    "currency": currency,
                    "space": space_id,
                },
                'attribution_model, currency_code nulls last, graph_revenue desc, graph_conversions desc, "group"',
                limit,
                cursor,
            )
            content = Comparison(
                source=source(reader, "attributed_conversions", *([DATA_DRIVEN] * reader.has_mart(DATA_DRIVEN))),
                group_by=group_by,
                rows=[Credited(**row) for row in page.rows],
                **page.place,
            )
            of_whole_touches = whole_touch_models(reader)
        text = f"{counted(page.total, 'row')} by model, {group_by} and currency"
        shared_out = [row for row in content.rows if row.attribution_model not in of_whole_touches]
        if shared_out:
            most = max(shared_out, key=lambda row: abs(row.revenue_difference))
            text += (
                f"; on this page the graph moves most at {most.attribution_model}, {most.group or 'not told'}:"
                f" {most.revenue_difference:+,.2f} {most.currency_code or 'without a currency'}, net of refunds"
            )
        text += ". Each model credits every conversion once"
        if len(shared_out) < len(content.rows):
            text += f", but {', '.join(of_whole_touches)}, which gives it whole to each touch"
        return answer(content, text + ": do not add models up.")


def credits(reader: Reader, schema: str) -> str:
    """The relation of all credits, those of data-driven models included where they are made."""
    marts = ["attributed_conversions"] + [DATA_DRIVEN] * reader.has_mart(DATA_DRIVEN)
    return "(" + " union all by name ".join(f"from {schema}.{mart}" for mart in marts) + ")"


def whole_touch_models(reader: Reader) -> list[str]:
    """Models that credit a conversion to each of its touches, more than once in all."""
    rows = reader.rows(
        f"select attribution_model from {SEEDS}.attribution_models where method = 'participation' order by 1"
    )
    return [row["attribution_model"] for row in rows]


def known_currencies(reader: Reader) -> list[str]:
    """Currencies that conversions were sent in."""
    rows = reader.rows(
        f"select distinct currency_code from {MARTS}.conversions where currency_code is not null order by 1"
    )
    return [row["currency_code"] for row in rows]


def known_models(reader: Reader) -> list[str]:
    """Attribution models that a build computed."""
    rows = reader.rows(f"select distinct attribution_model from {credits(reader, MARTS)} order by 1")
    return [row["attribution_model"] for row in rows]


COMPARED = """
    select
        credits.attribution_model,
        models.window_days,
        credits.{group} as "group",
        credits.currency_code,
        cast(sum(case when identity_mode = 'graph' and not is_refund then credit else 0 end) as double)
            as graph_conversions,
        cast(sum(case when identity_mode = 'cookie' and not is_refund then credit else 0 end) as double)
            as cookie_conversions,
        cast(coalesce(sum(case when identity_mode = 'graph' then attributed_revenue end), 0) as double)
            as graph_revenue,
        cast(coalesce(sum(case when identity_mode = 'cookie' then attributed_revenue end), 0) as double)
            as cookie_revenue,
        cast(
            coalesce(sum(case identity_mode when 'graph' then attributed_revenue else -attributed_revenue end), 0)
            as double
        ) as revenue_difference
    from {credits} as credits
    left join {seeds}.attribution_models as models on credits.attribution_model = models.attribution_model
    where
        list_contains($models, credits.attribution_model)
        and ($start is null or cast(converted_at as date) >= $start)
        and ($end is null or cast(converted_at as date) <= $end)
        and ($currency is null or credits.currency_code = $currency)
        and ($space is null or credits.space_id = $space)
    group by credits.attribution_model, models.window_days, credits.{group}, credits.currency_code
"""
