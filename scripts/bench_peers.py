"""Time what people would write by hand instead of this project, on the same events, and say how right it is.

    python scripts/bench_peers.py --events 1000000

Methods: the whole default build; its part up to sessions and persons; sessions in one statement of plain SQL; the same
with the last known user id of each anonymous id, as open dbt packages stitch; a hand-written script, which is the floor
(scripts/peer_methods.py). Each run is a process of its own that reads one file of events and writes a database; all of
it is counted, start-up too, but not dbt's seeds. Prints two Markdown tables: the medians of wall seconds, processor
seconds and peak memory; and precision and recall of the pairs of ids and of sessions that a method holds for one
person's, among the ids that this project may link, with what the method leaves out. Processor seconds are steadier on a
busy machine, so the ratios are of these.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from bench_build import generate_events, lay_project, run
from bench_timing import Cost, cost_of_process, middle
from peer_methods import METHODS

WHOLE, PART = "whole", "part"
PART_SELECTION = ("--select", "+sessions", "+persons", "+users")
MARTS = "select anonymous_id, space_id || ':' || universal_id as person_id from method.marts.users"


@dataclass(frozen=True)
class Method:
    """A method: what the tables call it, what they say it leaves out, and a query of who each anonymous id is."""

    title: str
    leaves_out: str
    persons: str


METHOD_OF = {
    WHOLE: Method("this project, whole default build", "data tests", MARTS),
    PART: Method("this project, up to sessions and persons", "conversions, attribution, cohorts, statistics", MARTS),
    "sessions": Method(
        "sessions in one statement",
        "persons, channels, consent; duplicates, bots and wrong clocks stay",
        "select distinct anonymous_id, anonymous_id as person_id from method.sessions",
    ),
    "stitching": Method(
        "sessions and last known user id",
        "every key but the login, channels, consent, history, evidence; duplicates, bots and wrong clocks stay; of"
        " several users of a device the last one gets all",
        "select anonymous_id, coalesce(user_id, anonymous_id) as person_id from method.user_stitching",
    ),
    "script": Method(
        "hand-written script",
        "clicks, ips and other keys, limits, households, consent, spaces, history, evidence, increments; duplicates,"
        " bots and wrong clocks stay; conversions have one model of attribution",
        "select anonymous_id, person_id from method.persons",
    ),
}


@dataclass(frozen=True)
class Quality:
    """Precision and recall of pairs; precision is None where no pair was linked."""

    precision: float | None
    recall: float | None


# Running


def run_project(name: str, events: Path, folder: Path, memory_limit: str) -> tuple[Cost, Path]:
    """Build the project, or its part, from nothing; return what it took, and the database."""
    folder.mkdir()
    project, environment = lay_project(folder, str(events), memory_limit)
    cost = run(project, environment, *(PART_SELECTION if name == PART else ())).cost
    return cost, folder / "bench.duckdb"


def run_peer(name: str, events: Path, folder: Path, memory_limit: str) -> tuple[Cost, Path]:
    """Run a method of peer_methods in a process of its own; return what it took, and the database."""
    folder.mkdir()
    database = folder / "peer.duckdb"
    command = [sys.executable, __file__, "--run", name, str(events), str(database), "--memory-limit", memory_limit]
    return cost_of_process(command), database


def run_all(events: Path, folder: Path, repeats: int, memory_limit: str) -> tuple[dict[str, Cost], dict[str, Path]]:
    """Run each method so many times, in turn; return the medians, and each method's last database."""
    costs: dict[str, list[Cost]] = {name: [] for name in METHOD_OF}
    databases: dict[str, Path] = {}
    for repeat in range(repeats):
        for name, taken in costs.items():
            run_one = run_peer if name in METHODS else run_project
            if name in databases:
                databases[name].unlink()
            cost, databases[name] = run_one(name, events, folder / f"{name}_{repeat}", memory_limit)
            taken.append(cost)
            print(f"{name}: {cost.seconds:.1f} s, {cost.processor:.1f} processor s", file=sys.stderr, flush=True)
    return {name: middle(taken) for name, taken in costs.items()}, databases


# How right the answers are


def read_truth(connection: duckdb.DuckDBPyConnection, truth: Path, project: Path) -> None:
    """Make the tables of who is behind what this project may link: known_sessions and known_ids.

    Args:
        connection: where the tables are made, to last as long as it does.
        truth: Parquet file with the person of each id, or of an id that several used, from when on each did.
        project: a database that this project built.

    """
    connection.execute(f"attach '{project}' as project (read_only)")
    given = connection.read_parquet(str(truth))
    started_at = "started_at" if "started_at" in given.columns else "cast(null as timestamp)"
    connection.execute(
        f"""
        create temp table truth as
        select
            anonymous_id,
            space_id || ':' || person_id as true_person,
            {started_at} as started_at,
            lead({started_at}) over (partition by anonymous_id order by {started_at}) as ended_at
        from given
        where person_id is not null
        """
    )
    connection.execute(
        """
        create temp table known_sessions as
        select sessions.anonymous_id, sessions.space_id || ':' || sessions.universal_id as person_id, truth.true_person
        from project.marts.sessions as sessions
        join truth on truth.anonymous_id = sessions.anonymous_id
        where
            sessions.has_consent
            and sessions.session_started_at >= coalesce(truth.started_at, sessions.session_started_at)
            and (truth.ended_at is null or sessions.session_started_at < truth.ended_at)
        """
    )
    # An id that several used is that person's who has most of its sessions.
    connection.execute(
        """
        create temp table known_ids as
        select users.anonymous_id, truth.true_person
        from project.marts.users as users
        join truth on truth.anonymous_id = users.anonymous_id
        left join known_sessions as sessions
            on sessions.anonymous_id = truth.anonymous_id and sessions.true_person = truth.true_person
        group by users.anonymous_id, truth.true_person
        qualify
            row_number() over (
                partition by users.anonymous_id order by count(sessions.anonymous_id) desc, truth.true_person
            ) = 1
        """
    )
    connection.execute("detach project")


def pair_quality(connection: duckdb.DuckDBPyConnection, members: str) -> Quality:
    """Return precision and recall of the pairs of members (person_id, true_person) that have one person_id.

    Pairs are counted, never listed: a group of n members has n (n - 1) / 2.
    """

    def pairs(columns: str) -> str:
        return f"(select sum(n * (n - 1) / 2) from (select count(*) as n from members group by {columns}))"

    correct, linked, true = connection.execute(
        f"""
        with members as ({members})
        select {pairs("person_id, true_person")}, {pairs("person_id")}, {pairs("true_person")}
        """
    ).fetchall()[0]
    return Quality(correct / linked if linked else None, correct / true if true else None)


@dataclass(frozen=True)
class Answer:
    """How right a method's persons are, by pairs of ids and by pairs of sessions, and how many rows it wrote."""

    ids: Quality
    sessions: Quality
    rows: int


def answer_of(connection: duckdb.DuckDBPyConnection, name: str, database: Path) -> Answer:
    """Compare what a method wrote with the truth, which read_truth has read.

    A session is that person's whose the method holds its id to be; this project says it session by session.
    """
    connection.execute(f"attach '{database}' as method (read_only)")
    held = f"select held.person_id, true_person from ({METHOD_OF[name].persons}) as held join {{}} using (anonymous_id)"
    by_session = "select person_id, true_person from known_sessions" if name in (WHOLE, PART) else held
    rows = "select sum(estimated_size) from duckdb_tables() where database_name = 'method'"
    answer = Answer(
        pair_quality(connection, held.format("known_ids")),
        pair_quality(connection, by_session.format("(select anonymous_id, true_person from known_sessions)")),
        int(connection.execute(rows).fetchall()[0][0]),
    )
    connection.execute("detach method")
    return answer


def answers(truth: Path, databases: dict[str, Path]) -> dict[str, Answer]:
    """Return how right each method is."""
    with duckdb.connect() as connection:
        read_truth(connection, truth, databases[WHOLE])
        return {name: answer_of(connection, name, database) for name, database in databases.items()}


# Printing


def time_table(costs: dict[str, Cost], found: dict[str, Answer]) -> str:
    """Return what each method took as a Markdown table; the last columns say how much more this project takes."""
    lines = [
        "| method | rows written | seconds | processor s | peak memory (MB) | whole build | up to persons |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, cost in costs.items():
        ratios = ["", ""]
        if name in METHODS:
            ratios = [f"{costs[own].processor / cost.processor:.1f}x" for own in (WHOLE, PART)]
        figures = [f"{found[name].rows:,}", f"{cost.seconds:.1f}", f"{cost.processor:.1f}", f"{cost.megabytes:,.0f}"]
        lines.append("| " + " | ".join([METHOD_OF[name].title, *figures, *ratios]) + " |")
    return "\n".join(lines)


def answer_table(found: dict[str, Answer]) -> str:
    """Return how right each method is, and what it leaves out, as a Markdown table."""
    lines = [
        "| method | pairs of ids: precision | recall | pairs of sessions: precision | recall | leaves out |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for name, answer in found.items():
        shares = [share for pairs in (answer.ids, answer.sessions) for share in (pairs.precision, pairs.recall)]
        figures = ["" if share is None else f"{share:.3f}" for share in shares]
        lines.append("| " + " | ".join([METHOD_OF[name].title, *figures, METHOD_OF[name].leaves_out]) + " |")
    return "\n".join(lines)


def generate(arguments: argparse.Namespace, events: Path, truth: Path) -> None:
    """Write the events, and who is behind each anonymous id, as bench_quality does."""
    options = ["--truth", str(truth), "--seed", str(arguments.seed), "--days", "60", "--start", "2026-01-05"]
    options += ["--shared-device-rate", str(arguments.shared_device_rate)]
    generate_events(arguments.events, events, *options)


def main() -> int:
    """Measure all methods and print two tables; or, in a process started by this script, run one peer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--shared-device-rate", type=float, default=0, help="as generate_events.py takes it")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory-limit", default="4GB", help="what DuckDB may use")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        name, events, database = arguments.run
        with duckdb.connect(database, config={"memory_limit": arguments.memory_limit}) as connection:
            METHODS[name](connection, Path(events))
        return 0

    with TemporaryDirectory() as name:
        folder = Path(name)
        events, truth = folder / "events.parquet", folder / "truth.parquet"
        generate(arguments, events, truth)
        try:
            costs, databases = run_all(events, folder, arguments.repeats, arguments.memory_limit)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        found = answers(truth, databases)
    print(
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, {os.cpu_count()} cores;"
        f" {arguments.events:,} events; medians of {arguments.repeats} runs.\n"
    )
    print(time_table(costs, found))
    print(f"\n{answer_table(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
