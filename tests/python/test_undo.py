"""Undo, end to end: a wrong merge is found with explain, forbidden by an override, and gone after the next build."""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from dbt_runs import PROJECT, Dbt, copy_of_project

from identity_graph.chains import find_chain
from identity_graph.cli import main
from identity_graph.evidence import Evidence
from identity_graph.evidence_reader import read_case
from identity_graph.explain import APART, LINKED

TRUTH = PROJECT / "seeds" / "demo" / "truth.parquet"
REASON, OWNER = "one clicked an ad that the other had sent on", "crm"


@dataclass(frozen=True)
class Undo:
    """A wrong merge of the demo, and a database with its build (before) and the one after the override (after)."""

    connection: duckdb.DuckDBPyConnection
    after_path: Path
    space_id: str
    members: dict[str, str | None]  # ids of the wrong person -> the true one; unknown behind an id of the server's
    link: Evidence  # the wrong link

    def query(self, sql: str) -> list[tuple]:
        """Return the rows of a query on the databases before and after, in which `members` are the wrong person's."""
        return self.connection.execute(sql).fetchall()


def find_wrong_merge(path: Path) -> tuple[str, dict[str, str | None], Evidence]:
    """Return the wrongly merged person with most conversions: its space, its ids, and the link that is to blame."""
    with duckdb.connect(str(path), read_only=True) as connection:
        space_id, universal_id = connection.execute(
            f"""
            select users.space_id, users.universal_id
            from marts.users as users
            left join '{TRUTH}' as truth using (space_id, anonymous_id)
            left join marts.conversions as conversions using (space_id, anonymous_id)
            group by users.space_id, users.universal_id
            having count(distinct truth.person_id) = 2 and count(distinct users.anonymous_id) > 2
            order by count(distinct conversions.conversion_id) desc, users.universal_id
            limit 1
            """
        ).fetchall()[0]
        members = dict(
            connection.execute(
                f"""
                select users.anonymous_id, truth.person_id
                from marts.users as users
                left join '{TRUTH}' as truth using (space_id, anonymous_id)
                where users.space_id = $space and users.universal_id = $person
                order by users.anonymous_id
                """,
                {"space": space_id, "person": universal_id},
            ).fetchall()
        )
        known = [anonymous_id for anonymous_id in sorted(members) if members[anonymous_id]]
        id_a = known[0]
        id_b = next(other for other in known if members[other] != members[id_a])
        case = read_case(connection, space_id, id_a, id_b)

    chain = find_chain(case.evidence, id_a, id_b)
    assert chain is not None
    weakest = chain.weakest or chain.links[0]
    assert members[weakest.id_a] != members[weakest.id_b], "the weakest link of the chain is the wrong one"
    return space_id, members, weakest.evidence[0]


@pytest.fixture(scope="module")
def undo(demo_build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undo]:
    """Forbid the wrong link in a copy of the project and build again in a copy of the demo's database."""
    space_id, members, link = find_wrong_merge(demo_build.path)

    folder = tmp_path_factory.mktemp("undo")
    dbt = Dbt(folder, copy_of_project(folder / "project"))
    with (dbt.project / "seeds" / "identity_overrides.csv").open("a", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(
            ["never_link", space_id, link.id_a, link.id_b, None, None, REASON, OWNER, "2026-03-01"]
        )
    shutil.copy(demo_build.path, dbt.database)
    done = dbt("build", "--exclude-resource-type", "test", "unit_test")
    assert done.success, done.output

    with duckdb.connect() as connection:
        connection.execute(f"attach '{demo_build.path}' as before (read_only)")
        connection.execute(f"attach '{dbt.database}' as after (read_only)")
        connection.execute("create table members (space_id varchar, anonymous_id varchar, person_id varchar)")
        connection.executemany(
            "insert into members values (?, ?, ?)", [(space_id, *member) for member in members.items()]
        )
        yield Undo(connection, dbt.database, space_id, members, link)


def test_the_person_falls_apart_into_the_two_true_ones(undo):
    persons = undo.query(
        """
        select
            list(anonymous_id order by anonymous_id) as ids,
            universal_id,
            count(distinct person_id),
            min(component_size) = count(*) and max(component_size) = count(*)
        from after.marts.users
        inner join members using (space_id, anonymous_id)
        group by universal_id
        """
    )
    assert len(persons) == 2
    assert all(universal_id in ids for ids, universal_id, _, _ in persons)
    assert all((truths, is_size_right) == (1, True) for _, _, truths, is_size_right in persons)


def test_explain_names_the_link_before_and_the_override_after(undo, demo_build, capsys):
    arguments = [undo.link.id_a, undo.link.id_b, "--space", undo.space_id, "--database"]
    assert main(["explain", *arguments, str(demo_build.path)]) == LINKED
    assert f"{undo.link.id_a} - {undo.link.id_b}  {undo.link.key_type}" in capsys.readouterr().out
    undo.connection.execute("detach after")
    try:
        assert main(["explain", *arguments, str(undo.after_path)]) == APART
    finally:
        undo.connection.execute(f"attach '{undo.after_path}' as after (read_only)")
    printed = capsys.readouterr().out
    assert "REFUSED (override: never_link)" in printed
    assert f"{REASON} (owner {OWNER}, 2026-03-01)" in printed


def test_override_is_reported_as_applied(undo):
    assert undo.query("select override_type, owner, status from after.marts.identity_override_report") == [
        ("never_link", OWNER, "applied")
    ]


def test_sessions_and_conversions_follow_the_split(undo):
    for mart in ("sessions", "conversions"):
        rows, followed, renamed = undo.query(
            f"""
            select
                count(*),
                count_if(rows_after.universal_id = users.universal_id),
                count_if(rows_after.universal_id != rows_before.universal_id)
            from after.marts.{mart} as rows_after
            inner join before.marts.{mart} as rows_before using ({mart[:-1]}_id)
            inner join members
                on rows_after.space_id = members.space_id and rows_after.anonymous_id = members.anonymous_id
            inner join after.marts.users as users
                on rows_after.space_id = users.space_id and rows_after.anonymous_id = users.anonymous_id
            """
        )[0]
        assert rows == followed > 0
        assert mart == "conversions" or 0 < renamed < rows


def test_attribution_follows_the_split(undo):
    # A conversion is credited to a touch of its own person only, and the revenue stays what it was.
    rows, own, revenue_kept = undo.query(
        """
        select
            count(*),
            count_if(credits.identity_id = users.universal_id and touches.universal_id = users.universal_id),
            count_if(credits.attributed_revenue is not distinct from credits_before.attributed_revenue)
        from after.marts.attributed_conversions as credits
        inner join before.marts.attributed_conversions as credits_before
            using (conversion_id, attribution_model, identity_mode)
        inner join after.marts.conversions as conversions using (conversion_id)
        inner join members
            on conversions.space_id = members.space_id and conversions.anonymous_id = members.anonymous_id
        inner join after.marts.users as users
            on conversions.space_id = users.space_id and conversions.anonymous_id = users.anonymous_id
        inner join after.marts.sessions as touches on credits.touch_session_id = touches.session_id
        where credits.identity_mode = 'graph' and credits.attribution_model in ('first_touch', 'last_touch')
        """
    )[0]
    assert rows == own == revenue_kept > 0


def test_restated_numbers_are_those_of_persons_and_identity_their_cause(undo):
    assert undo.query("select count(*) from before.marts.metric_restatements") == [(0,)]
    restated = undo.query("select metric_name, cause, has_other_causes from after.marts.metric_restatements")
    assert {tuple(why) for _, *why in restated} == {("identity", False)}
    assert {name for name, *_ in restated} <= {"active_users", "last_touch_conversions", "last_touch_revenue"}


def test_history_no_longer_holds_the_merge_and_the_snapshot_still_does(undo):
    id_a, id_b = undo.link.id_a, undo.link.id_b
    together = """
        select count(*)
        from {database}.marts.users_history as one
        inner join {database}.marts.users_history as other using (space_id, universal_id)
        where
            one.anonymous_id = '{id_a}' and other.anonymous_id = '{id_b}'
            and one.valid_from_at < coalesce(other.valid_to_at, 'infinity'::timestamp)
            and other.valid_from_at < coalesce(one.valid_to_at, 'infinity'::timestamp)
    """
    assert undo.query(together.format(database="before", id_a=id_a, id_b=id_b))[0][0] > 0
    assert undo.query(together.format(database="after", id_a=id_a, id_b=id_b))[0][0] == 0
    assert undo.query(
        """
        select count(*)
        from after.marts.users_history as history
        inner join after.marts.users as users using (space_id, anonymous_id)
        where history.is_current and history.universal_id != users.universal_id
        """
    ) == [(0,)]
    # What was reported before the override stays on record, closed by what is reported since.
    reported = undo.query(
        """
        with renamed as (
            select
                members.anonymous_id,
                users_before.universal_id as old_person,
                users_after.universal_id as new_person
            from members
            inner join before.marts.users as users_before using (space_id, anonymous_id)
            inner join after.marts.users as users_after using (space_id, anonymous_id)
            where users_before.universal_id != users_after.universal_id
        )
        select
            count(*) = 2,
            count_if(snapshot.universal_id = renamed.old_person and snapshot.dbt_valid_to is not null),
            count_if(snapshot.universal_id = renamed.new_person and snapshot.dbt_valid_to is null)
        from renamed
        inner join after.snapshots.users_reported as snapshot using (anonymous_id)
        group by renamed.anonymous_id
        """
    )
    assert reported
    assert set(reported) == {(True, 1, 1)}


@pytest.mark.parametrize("mart", ["users", "users_history", "sessions", "conversions"])
def test_no_row_of_another_person_moved(undo, mart):
    others = "select * from {}.marts.{} anti join members using (space_id, anonymous_id)"
    before, after = others.format("before", mart), others.format("after", mart)
    assert undo.query(f"select count(*) > 0 from ({before})") == [(True,)]
    assert undo.query(f"({before} except all {after}) union all ({after} except all {before})") == []


def test_no_credit_of_another_person_moved(undo):
    others = """
        select credits.*
        from {0}.marts.attributed_conversions as credits
        inner join {0}.marts.conversions as conversions using (conversion_id)
        anti join members
            on conversions.space_id = members.space_id and conversions.anonymous_id = members.anonymous_id
    """
    before, after = others.format("before"), others.format("after")
    assert undo.query(f"select count(*) > 0 from ({before})") == [(True,)]
    assert undo.query(f"({before} except all {after}) union all ({after} except all {before})") == []
