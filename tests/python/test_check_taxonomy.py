"""The check of two taxonomies: which changes of a version break a promise."""

import sys

import duckdb
import pytest
from dbt_runs import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import check_taxonomy
from check_taxonomy import TaxonomyError, breaking_changes, newly_retired, read_taxonomy, still_arriving

HEADER = "event_name,schema_version,event_type,lifecycle_status,required_properties,property_types,is_conversion"
ORDER = "order,1,track,active,order_id|revenue,revenue:number|count:integer,true"


def taxonomy(*rows: str):
    return read_taxonomy("\n".join([HEADER, *rows]), "a test")


def test_the_projects_own_taxonomy_keeps_its_promises_to_itself():
    own = read_taxonomy((PROJECT / check_taxonomy.TAXONOMY).read_text(), "own")
    assert len(own) > 10
    assert breaking_changes(own, own) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            "order,1,track,active,order_id,revenue:number|count:integer,true",
            "order version 1 no longer requires revenue",
        ),
        ("order,1,track,active,order_id|revenue|tax,revenue:number|count:integer,true", "now requires tax"),
        ("order,1,track,active,order_id|revenue,revenue:integer|count:integer,true", "revenue is narrowed from number"),
        ("order,1,track,active,order_id|revenue,revenue:number|count:boolean,true", "count is narrowed from integer"),
        ("order,1,track,active,order_id|revenue,revenue:number|count:integer|tax:number,true", "from any to number"),
        ("order,1,track,retired,order_id|revenue,revenue:number|count:integer,true", "one step at a time"),
        ("order,1,track,draft,order_id|revenue,revenue:number|count:integer,true", "one step at a time"),
        ("order,1,page,active,order_id|revenue,revenue:number|count:integer,true", "event_type changes"),
        ("order,1,track,active,order_id|revenue,revenue:number|count:integer,false", "is_conversion changes"),
        ("order,2,track,active,order_id|revenue,revenue:number|count:integer,true", "order version 1 is gone"),
    ],
)
def test_change_that_breaks_a_promise_is_told(changed, problem):
    (found,) = breaking_changes(taxonomy(ORDER), taxonomy(changed))
    assert problem in found


@pytest.mark.parametrize(
    "changed",
    [
        ORDER,
        "order,1,track,deprecated,order_id|revenue,revenue:number|count:integer,true",
        "order,1,track,active,order_id|revenue,revenue:string|count:number,true",
        "order,1,track,active,order_id|revenue,revenue:number,true",
        ORDER + "\norder,2,track,active,order_id,revenue:integer,false",
    ],
)
def test_change_that_keeps_the_promise_is_none(changed):
    assert breaking_changes(taxonomy(ORDER), taxonomy(*changed.split("\n"))) == []


def test_drafts_promise_nothing_and_retired_versions_may_go():
    before = taxonomy("a,1,track,draft,x,,false", "b,1,track,retired,x,,false")
    assert breaking_changes(before, taxonomy("c,1,track,active,,,false")) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("event_name\norder", "lacks"),
        (f"{HEADER}\n{ORDER}\n{ORDER}", "stands twice"),
        (f"{HEADER}\norder,1,track,gone,,,true", "unknown status gone"),
        (f"{HEADER}\norder,1,track,active,,revenue:money,true", "unknown type money"),
    ],
)
def test_what_is_no_taxonomy_is_refused(text, problem):
    with pytest.raises(TaxonomyError, match=problem):
        read_taxonomy(text, "a test")


def test_retired_version_that_still_arrives_is_told():
    before = taxonomy("order,1,track,deprecated,,,true", "order,2,track,active,,,true", "call,1,track,retired,,,false")
    after = taxonomy("order,1,track,retired,,,true", "order,2,track,active,,,true", "call,1,track,retired,,,false")
    assert newly_retired(before, after) == [("order", "1")]
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            """
            create table marts.event_volume as
            from (values
                ('order', '1', date '2026-01-01', 7, 'accepted'),
                ('order', '1', date '2026-02-20', 3, 'accepted'),
                ('order', '2', date '2026-03-01', 9, 'accepted'),
                ('order', null, date '2026-03-01', 5, 'accepted'),
                ('order', '2', date '2031-01-01', 1, 'buffered')
            ) as volume (event_name, schema_version, received_date, row_count, disposition)
            """
        )
        assert still_arriving([("order", "1")], after, connection, 5) == []
        assert still_arriving([("order", "1")], after, connection, 30) == [
            "order version 1 is retired, but arrived 3 times in the last 30 days"
        ]
        # Without a version left, what is sent without one is held to the retired one.
        assert still_arriving([("order", "1")], {}, connection, 5) == [
            "order version 1 is retired, but arrived 5 times in the last 5 days"
        ]


def test_command_compares_with_a_commit(capsys):
    assert check_taxonomy.main(["--base", "no-such-commit"]) == 2
    assert "no-such-commit" in capsys.readouterr().err
