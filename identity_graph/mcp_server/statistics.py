"""The tool get_identity_graph_statistics: how well ids are stitched, and by which keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from identity_graph.mcp_server.answers import Answer, answer, source
from identity_graph.mcp_server.database import MARTS, NODES, SEEDS, TABLES, Database, Reader, Row
from identity_graph.mcp_server.lookup import check_space
from identity_graph.text import counted

# A key, or a combination of keys, that does more of the stitching than this is worth a look.
LARGEST_SHARE = 0.4
# One value of a key behind more of the links than this is likely shared by strangers.
LARGEST_SHARE_OF_A_VALUE = 0.1
FEWEST = 100
Group = Literal["all", "converted"]


class Stitching(BaseModel):
    """Persons of one group."""

    group: Group
    person_count: int
    ids_per_person: float
    share_of_persons_with_2_or_more_ids: float


class Coverage(BaseModel):
    """Share of the ids of converted users that were seen with a key."""

    key_type: str
    share: float
    id_count: int


class Combination(BaseModel):
    """Ids that were seen with exactly these keys."""

    group: Group
    key_combination: str
    id_count: int
    stitching_rate: float
    share_of_stitched_ids: float


class KeyShare(BaseModel):
    """Share of all links that a key makes."""

    key_type: str
    share_of_links: float


class Alert(BaseModel):
    """What is worth a look."""

    alert: Literal["combination_drives_stitching", "key_drives_links", "key_value_drives_links"]
    subject: str
    share: float
    limit: float


class Statistics(Answer):
    """How well ids are stitched, and by which keys."""

    space_id: str
    days: int = Field(description="Converted = purchased within these days before the newest session")
    is_whole_graph: bool = Field(description="Whether the group all has every id, or those seen within the days")
    stitching: list[Stitching]
    key_coverage_of_converted_users: list[Coverage]
    combination_total: int
    combinations: list[Combination]
    links_by_key: list[KeyShare] = Field(description="Of the whole graph")
    largest_share_of_one_key_value: float | None = None
    alerts: list[Alert]


@dataclass(frozen=True)
class StatisticsTools:
    """How well ids are stitched."""

    database: Database

    def get_identity_graph_statistics(
        self,
        days: Annotated[
            int | None,
            Field(
                ge=1, le=3650, description="Ids seen and purchases made in the last N days; the mart's period if out"
            ),
        ] = None,
        space_id: Annotated[str, Field(max_length=100)] = "default",
        combinations: Annotated[int, Field(ge=1, le=100, description="Largest key combinations per group")] = 10,
    ) -> Annotated[CallToolResult, Statistics]:
        """Signal coverage, stitching rates, ids per person, of converted users and all, by key combination.

        Alerts where one combination or key drives more than 40%, or one value of a key more than 10%.
        """
        with self.database.open() as reader:
            check_space(reader, space_id)
            asked = {"space": space_id, "days": days}
            figures = reader.rows(
                f"select metric, breakdown, metric_value, sample_size from {reader.public_marts}.identity_statistics"
                " where space_id = $space order by metric, breakdown",
                asked,
            )
            marts = ["identity_statistics"]
            links = [row for row in figures if row["metric"] == "share_of_links"]
            one_value = next((row for row in figures if row["metric"].startswith("largest_share_of_links")), None)
            if days is not None:
                figures = figures_of_days(reader, asked)
                marts += ["persons", "users", "sessions"]
            content = Statistics(
                source=source(reader, *marts),
                space_id=space_id,
                days=days or period_days(reader, self.database),
                is_whole_graph=days is None,
                stitching=stitching(figures),
                key_coverage_of_converted_users=coverage(figures),
                combination_total=sum(row["metric"] in COMBINATIONS for row in figures),
                combinations=[],
                links_by_key=[
                    KeyShare(key_type=row["breakdown"], share_of_links=row["metric_value"])
                    for row in sorted(links, key=lambda row: (-row["metric_value"], row["breakdown"]))
                ],
                largest_share_of_one_key_value=one_value["metric_value"] if one_value else None,
                alerts=[],
            )
        found = combinations_of(figures)
        content.combinations = [
            item
            for group in ("all", "converted")
            for item in [item for item in found if item.group == group][:combinations]
        ]
        content.alerts = alerts(found, content.links_by_key, one_value)
        return answer(content, in_words(content))


COMBINATIONS: dict[str, Group] = {
    "stitching_rate_by_key_combination": "all",
    "stitching_rate_of_converted_users_by_key_combination": "converted",
}


def period_days(reader: Reader, database: Database) -> int:
    """The days that the mart's period has, by the project's vars; 90, as the package ships, without a project."""
    value = database.project.var("statistics_period_days", {}) if database.project else None
    return int(value or 90)


def stitching(figures: list[Row]) -> list[Stitching]:
    """Ids per person, of all and of converted users."""
    by_name = {(row["metric"], row["breakdown"]): row for row in figures}
    found = []
    for group in ("all", "converted"):
        ids = by_name.get(("ids_per_person", group))
        several = by_name.get(("share_of_persons_with_2_or_more_ids", group))
        if ids and several:
            found.append(
                Stitching(
                    group=group,
                    person_count=ids["sample_size"],
                    ids_per_person=ids["metric_value"],
                    share_of_persons_with_2_or_more_ids=several["metric_value"],
                )
            )
    return found


def coverage(figures: list[Row]) -> list[Coverage]:
    """Coverage by key, the widest first."""
    found = [
        Coverage(key_type=row["breakdown"], share=row["metric_value"], id_count=row["sample_size"])
        for row in figures
        if row["metric"] == "key_coverage_of_ids_of_converted_users"
    ]
    return sorted(found, key=lambda item: (-item.share, item.key_type))


def combinations_of(figures: list[Row]) -> list[Combination]:
    """Combinations of keys by group, those that stitch most ids first."""
    rows = [row for row in figures if row["metric"] in COMBINATIONS]
    stitched: dict[str, float] = {}
    for row in rows:
        stitched[row["metric"]] = stitched.get(row["metric"], 0) + row["metric_value"] * row["sample_size"]
    found = [
        Combination(
            group=COMBINATIONS[row["metric"]],
            key_combination=row["breakdown"],
            id_count=row["sample_size"],
            stitching_rate=row["metric_value"],
            share_of_stitched_ids=round(
                row["metric_value"] * row["sample_size"] / stitched[row["metric"]] if stitched[row["metric"]] else 0, 4
            ),
        )
        for row in rows
    ]
    return sorted(
        found, key=lambda item: (item.group, -item.share_of_stitched_ids, -item.id_count, item.key_combination)
    )


def alerts(found: list[Combination], links: list[KeyShare], one_value: Row | None) -> list[Alert]:
    """What drives more of the stitching than it should; of few stitched ids, or few links, nothing is said."""
    stitched: Counter[str] = Counter()
    for item in found:
        stitched[item.group] += round(item.stitching_rate * item.id_count)
    told = [
        Alert(
            alert="combination_drives_stitching",
            subject=f"{item.group}: {item.key_combination}",
            share=item.share_of_stitched_ids,
            limit=LARGEST_SHARE,
        )
        for item in found
        if item.share_of_stitched_ids > LARGEST_SHARE and stitched[item.group] >= FEWEST
    ]
    if one_value is None or one_value["sample_size"] < FEWEST:
        return told
    told += [
        Alert(alert="key_drives_links", subject=item.key_type, share=item.share_of_links, limit=LARGEST_SHARE)
        for item in links
        if item.share_of_links > LARGEST_SHARE
    ]
    if one_value["metric_value"] > LARGEST_SHARE_OF_A_VALUE:
        told.append(
            Alert(
                alert="key_value_drives_links",
                subject="the most shared value of a key",
                share=one_value["metric_value"],
                limit=LARGEST_SHARE_OF_A_VALUE,
            )
        )
    return told


def in_words(content: Statistics) -> str:
    """The figures in a sentence or two."""
    groups = "; ".join(
        f"{'converted users' if item.group == 'converted' else 'all'}: {counted(item.person_count, 'person')},"
        f" {item.ids_per_person:.2f} ids each, {item.share_of_persons_with_2_or_more_ids:.1%} with 2 or more"
        for item in content.stitching
    )
    told = "; ".join(f"{item.alert}: {item.subject} {item.share:.1%}" for item in content.alerts)
    return f"Space {content.space_id}. {groups or 'No person.'}. Alerts: {told or 'none'}."


def figures_of_days(reader: Reader, asked: dict[str, Any]) -> list[Row]:
    """The figures of identity_statistics for ids last seen, and purchases made, within the last days of the data."""
    return reader.rows(FIGURES_OF_DAYS, asked)


# What a server, or the checkout itself, writes with an order says nothing of how well users are told before they buy.
FIGURES_OF_DAYS = f"""
    with period as (
        select max(session_ended_at) - to_days(cast($days as integer)) as begins_at from {MARTS}.sessions
    ),
    key_types as (
        select key_type, key_type not in ('order_id', 'checkout_id') as is_sent
        from {SEEDS}.identity_key_rules
        where resolution_level = 'individual' and is_enabled and window_days is not null
    ),
    ids as (
        select
            nodes.id_number, nodes.universal_id, nodes.component_size > 1 as is_stitched,
            nodes.last_seen_at > (select begins_at from period) as is_recent,
            coalesce(persons.last_purchased_at > (select begins_at from period), false) as is_converted
        from {NODES} as nodes
        left join {MARTS}.persons as persons
            on nodes.space_id = persons.space_id and nodes.universal_id = persons.universal_id
        where nodes.space_id = $space
    ),
    keys_of_ids as (
        select distinct observations.id_number, key_types.key_type, key_types.is_sent
        from {TABLES}.int_identity_observations as observations
        inner join key_types on observations.key_type = key_types.key_type
        where observations.id_number in (select id_number from ids)
    ),
    combinations as (
        select
            id_number,
            string_agg(key_type, ' + ' order by key_type) as all_keys,
            string_agg(key_type, ' + ' order by key_type) filter (is_sent) as sent_keys
        from keys_of_ids
        group by id_number
    ),
    grouped as (
        select 'all' as breakdown, ids.*, coalesce(all_keys, 'none') as key_combination
        from ids left join combinations using (id_number) where is_recent
        union all
        select 'converted', ids.*, coalesce(sent_keys, 'none')
        from ids left join combinations using (id_number) where is_converted
    ),
    persons as (
        select grouped.breakdown, universal_id, persons.id_count
        from grouped
        inner join {MARTS}.persons as persons using (universal_id)
        where persons.space_id = $space
        group by all
    ),
    figures as (
        select 'ids_per_person' as metric, breakdown, avg(id_count) as metric_value, count(*) as sample_size
        from persons group by breakdown
        union all
        select 'share_of_persons_with_2_or_more_ids', breakdown, avg(case when id_count > 1 then 1 else 0 end), count(*)
        from persons group by breakdown
        union all
        select
            case breakdown when 'all' then 'stitching_rate' else 'stitching_rate_of_converted_users' end
            || '_by_key_combination',
            key_combination, avg(case when is_stitched then 1 else 0 end), count(*)
        from grouped group by breakdown, key_combination
        union all
        select
            'key_coverage_of_ids_of_converted_users', key_type,
            count(*) / (select count(*) from ids where is_converted), (select count(*) from ids where is_converted)
        from keys_of_ids
        inner join ids using (id_number)
        where is_converted
        group by key_type
    )
    select metric, breakdown, round(cast(metric_value as double), 6) as metric_value, sample_size
    from figures
    order by metric, breakdown
"""
