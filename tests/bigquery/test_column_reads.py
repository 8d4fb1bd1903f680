"""What a statement reads is what BigQuery bills: columns that its result needs, of partitions that constants name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from analyzer import Analyzer
from bytes_read import Read, read_file
from conftest import BIGQUERY_PROJECT
from google.cloud import bigquery

TABLES = (
    "create schema billed",
    "create table billed.events (part int64, a int64, b int64, wide string)"
    " partition by range_bucket(part, generate_array(0, 10, 1))",
    "create table billed.visitors (id int64, name string)",
    "create view `p`.`billed`.`late` as select part, a + 1 as later from `p`.`billed`.`events` where b > 0",
)
EVENTS, VISITORS, LATE = (f"`p`.`billed`.`{name}`" for name in ("events", "visitors", "late"))


@pytest.fixture(scope="module")
def analyzer(client: bigquery.Client, endpoint: str) -> Analyzer:
    for statement in TABLES:
        client.query_and_wait(statement)
    return Analyzer(endpoint, BIGQUERY_PROJECT)


def billed(analyzer: Analyzer, text: str) -> list[set[str]]:
    """Columns that each statement reads, `!` before those that are billed as rewritten, with their conditions."""
    return [
        {
            "!" * read.is_rewritten
            + f"{read.table.removeprefix('billed.')}.{read.column}"
            + "".join(sorted(f" {c.comparison} {', '.join(c.constants)}" for c in read.conditions))
            for read in statement
        }
        for statement in analyzer.reads({"view": TABLES[-1], "text": text})["text"]
    ]


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        pytest.param(
            f"with events as (select * from {EVENTS}), named as (select * from events where b = 1) select a from named",
            {"events.a", "events.b"},
            id="with and star read nothing by themselves",
        ),
        pytest.param(f"select count(*) from {EVENTS}", set(), id="rows are counted without a column"),
        pytest.param(
            f"with events as (select * from {EVENTS}) select a from events where part in (0, 3)",
            {"events.a in 0, 3", "events.part in 0, 3"},
            id="constants of a partition reach its table",
        ),
        pytest.param(
            f"select a from {EVENTS} where part > greatest(1, 2)",
            {"events.a > greatest(1, 2)", "events.part > greatest(1, 2)"},
            id="so do functions of constants",
        ),
        pytest.param(
            f"select a from {EVENTS} where part = (select max(id) from {VISITORS})",
            {"events.a", "events.part", "visitors.id"},
            id="what is no constant reads all partitions",
        ),
        pytest.param(
            f"select later from {LATE} where part between 1 and 2",
            {"events.a between 1, 2", "events.b between 1, 2", "events.part between 1, 2"},
            id="a view is what it selects",
        ),
        pytest.param(
            f"select name from {VISITORS} left join {EVENTS} on id = a and part >= 4",
            {"visitors.name", "visitors.id", "events.a >= 4", "events.part >= 4"},
            id="an outer join tests only the side that may lack",
        ),
        pytest.param(
            f"select name from {EVENTS} left join {VISITORS} on id = a and part >= 4",
            {"visitors.name", "visitors.id", "events.a", "events.part"},
            id="and leaves the other whole",
        ),
        pytest.param(
            f"select number from (select a as number, part from {EVENTS} union all select id, id from {VISITORS})"
            " where part < 2",
            {"events.a < 2", "events.part < 2", "visitors.id"},
            id="each side of a union is asked",
        ),
        pytest.param(
            f"select n from (select *, row_number() over (partition by a order by b) as n, max(wide) over () as m"
            f" from {EVENTS}) where part = 1",
            {"events.a", "events.b", "events.part"},
            id="a window sees all rows, and one that nobody asks reads nothing",
        ),
        pytest.param(
            f"select a from (select part, sum(a) as a, max(wide) as w from {EVENTS} group by part) where part <= 5",
            {"events.a <= 5", "events.part <= 5"},
            id="groups by the partition keep its constants",
        ),
        pytest.param(
            f"select name from {VISITORS} where exists (select wide from {EVENTS} where a = id)",
            {"visitors.name", "visitors.id", "events.a"},
            id="exists looks at no value",
        ),
    ],
)
def test_columns_that_the_result_needs(analyzer: Analyzer, statement: str, columns: set[str]) -> None:
    assert billed(analyzer, statement) == [columns]


def test_delete_is_billed_for_whole_partitions_too(analyzer: Analyzer) -> None:
    text = f"""
        begin transaction;
        delete from {EVENTS} as stored
        where exists (select 1 from {VISITORS} as v where v.id = stored.a) and stored.part between 1 and 4;
        insert into {EVENTS} (part, wide) select id, name from {VISITORS};
        commit transaction
    """
    rewritten = {f"!events.{column} between 1, 4" for column in ("part", "a", "b", "wide")}
    read = {"events.a between 1, 4", "events.part between 1, 4", "visitors.id"}
    assert billed(analyzer, text) == [set(), rewritten | read, {"visitors.id", "visitors.name"}, set()]


def test_whole_read_of_a_column_holds_its_partitions(tmp_path: Path) -> None:
    row = {"statement": "model.m#1.0", "table": "t", "column": "a", "is_rewritten": False}
    rows = [row | {"conditions": [["=", "1"]]}, row | {"conditions": []}, row | {"conditions": [["=", "2"]]}]
    (tmp_path / "reads.json").write_text(json.dumps(rows))
    assert read_file(tmp_path / "reads.json") == [Read("model.m#1.0", "t", "a", (), is_rewritten=False)]
