"""Sizes of persons: how many ids they have, and the largest ten."""

from __future__ import annotations

from identity_graph.page.charts import bars
from identity_graph.page.figures import Figure, Section, count, rate, words
from identity_graph.page.marts import Marts
from identity_graph.text import amount, counted, percent

# From this many ids on, persons are counted together.
LARGE = 20

SIZES = """
    select least(id_count, $large) as size, count(*) as persons, sum(id_count) as ids
    from persons
    group by size
    order by size
"""
# In the masked views universal_id is null, and rows that equal each other may stand in any order.
LARGEST = """
    select universal_id, id_count, event_count, conversion_count, identity_confidence
    from persons
    order by id_count desc, event_count desc, conversion_count desc, identity_confidence, universal_id, space_id
    limit 10
"""


def section(marts: Marts) -> Section:
    """Number of persons by number of ids, and the largest ten."""
    sizes = [row | {"name": size_name(row["size"])} for row in marts.rows(SIZES, large=LARGE)]
    largest = [row | {"rank": rank} for rank, row in enumerate(marts.rows(LARGEST), start=1)]
    largest = [row | {"name": f"{row['rank']}. {short(row['universal_id'])}"} for row in largest]
    dissolved = marts.one("select count(*) filter (is_outlier_component) as ids, count(*) as all_ids from users")
    ids = [words("person", "universal_id")] * (not marts.is_masked)
    figures = [
        Figure(
            "component_sizes",
            "How many ids does a person have?",
            "Each bar is the persons with so many ids. Bars that do not fall to the right end speak of a key that "
            "many share.",
            ("persons",),
            (words("ids", "name"), count("persons", "persons"), count("ids in all", "ids")),
            sizes,
            bars(sizes, "name", "persons", "persons", ",~r"),
        ),
        Figure(
            "largest_persons",
            "Who has most ids?",
            "The ten largest persons. One that stands out, with little confidence, is worth a look: "
            "identity-graph report --unmasked --person shows it.",
            ("persons",),
            (
                count("rank", "rank"),
                *ids,
                count("ids", "id_count"),
                count("events", "event_count"),
                count("conversions", "conversion_count"),
                rate("confidence", "identity_confidence"),
            ),
            largest,
            bars(largest, "name", "id_count", "ids", ",~r"),
        ),
    ]
    found = (
        f"{amount(dissolved['ids'])} of {counted(dissolved['all_ids'], 'id')} "
        f"({percent(dissolved['ids'] / dissolved['all_ids'])}) lay in a component above the cap, "
        "and stand for themselves."
    )
    return Section(
        "components",
        "How large are persons?",
        "A person with very many ids is more often a shared key than a busy human.",
        figures,
        [found],
    )


def size_name(size: int) -> str:
    """The name of a bar."""
    return f"{size} or more ids" if size == LARGE else counted(size, "id")


def short(name: str | None) -> str:
    """The beginning of an id, which a person reads, or what stands for one that is masked."""
    return name[:8] if name else "largest"
