"""Time the graph core against other ways: connected components, and chain links against all pairs.

    python scripts/bench_graph.py --splink-python other_venv/bin/python

The first table labels one random graph in several ways, each run in a fresh process, in turn, and gives the medians:
wall seconds, seconds of all processors together (steadier on a busy machine; the ratio is of these) and peak memory.
Core: links between integers in a DuckDB table to labels. End to end: links between string ids in a DuckDB table to a
table of (id, anchor). A table of all ids is given too. Loading the input, importing packages and a first run on two ids
are not counted. networkx and what runs in DuckDB go end to end as this project does: ids are numbered by a join in
DuckDB and looked up again at the end. Splink does so too, and in a row of its own takes the strings as they are. What
takes longer than --timeout is not run again.

--shape clusters: many small clusters and a few large ones. --shape records: records of five tables, each of a person
drawn at random, who are linked to the first record with the same email, phone or loyalty id. At 10 million nodes that
is the size and the shape of the published DuckDB run of sql-identity-resolution (16,124,751 edges, 1,839,324 clusters).

The second table links observations that share a key within a window: neighbours in time, as
int_identity_candidate_links does, against a join of all pairs.

Exits with 1 if any two ways disagree on who belongs together. Splink is not in the lock file: it needs an environment
of its own, with numpy beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).resolve().parents[1] / "python_models"))
from bench_timing import Cost, NotWithinError, answer_of_process, cost_of_call, middle
from int_identity_components import component_anchors

Numbers = NDArray[np.int64]

LARGE_CLUSTERS = (5_000, 4_000, 3_000, 2_000)
SMALL_CLUSTER_RATE = 0.3  # of a geometric distribution: 3.3 ids on average, three clusters in ten are one id alone
EXTRA_LINKS = 4  # one link in so many repeats or closes a circle

# Of five tables of records the shares that have an email, a phone and a loyalty id.
RECORD_KEYS = ((0.95, 0.85, 0.80, 0.65, 0.60), (0.90, 0.80, 0.80, 0.30, 0.60), (0.85, 0.0, 1.0, 0.0, 0.75))
RECORDS_PER_PERSON = 25 / 3
CLUSTERS, RECORDS = "clusters", "records"

MAX_IDS_PER_KEY = 100


class DisagreementError(Exception):
    """Two ways found different components."""


# The random graph


def random_links(node_count: int, seed: int) -> tuple[Numbers, Numbers]:
    """Return both ends of the links of many small clusters and a few large ones, numbered and ordered at random."""
    random = np.random.default_rng(seed)
    large = np.minimum(LARGE_CLUSTERS, node_count // 20)
    small = random.geometric(SMALL_CLUSTER_RATE, size=node_count)
    small = small[: np.searchsorted(np.cumsum(small), node_count - large.sum(), side="right")]
    alone = np.ones(node_count - large.sum() - small.sum(), dtype=np.int64)
    sizes = np.concatenate([large, small, alone])

    # Each member is linked to an earlier one of its cluster, some of them to more than one.
    first_members = np.repeat(np.cumsum(sizes) - sizes, sizes)
    positions = np.arange(node_count) - first_members
    members = np.flatnonzero(positions)
    members = np.concatenate([members, random.choice(members, members.size // EXTRA_LINKS)])
    earlier = first_members[members] + random.integers(0, positions[members])

    numbers, order = random.permutation(node_count), random.permutation(members.size)
    return numbers[members[order]], numbers[earlier[order]]


def record_links(node_count: int, seed: int) -> tuple[Numbers, Numbers]:
    """Return both ends of links from each record to the first one with the same key of its person, kind by kind."""
    random = np.random.default_rng(seed)
    person_count = max(1, int(node_count / RECORDS_PER_PERSON))
    persons = random.integers(0, person_count, size=node_count)
    ends = []
    for shares in RECORD_KEYS:
        has_key = random.random(node_count) < np.resize(shares, node_count)
        holders = np.flatnonzero(has_key)
        first_holders = np.empty(person_count, dtype=np.int64)
        # Of several that are written to one place the last one stays.
        first_holders[persons[holders][::-1]] = holders[::-1]
        firsts = first_holders[persons[holders]]
        ends.append(np.stack([holders, firsts])[:, holders != firsts])
    members, firsts = np.concatenate(ends, axis=1)
    numbers, order = random.permutation(node_count), random.permutation(members.size)
    return numbers[members[order]], numbers[firsts[order]]


SHAPES = {CLUSTERS: random_links, RECORDS: record_links}


def write_graph(node_count: int, seed: int, folder: Path, shape: str = CLUSTERS) -> None:
    """Write ids.parquet (UUIDs), links.parquet between them, and numbered_links.parquet between their row numbers."""
    links_a, links_b = SHAPES[shape](node_count, seed)
    pq.write_table(pa.table({"number_a": links_a, "number_b": links_b}), folder / "numbered_links.parquet")
    with duckdb.connect() as connection:
        # DuckDB takes a spawned process for an interactive one.
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            "create table ids as select cast(cast(md5(? || ':' || range) as uuid) as varchar) as id from range(?)",
            [seed, node_count],
        )
        connection.table("ids").write_parquet(str(folder / "ids.parquet"))
        connection.sql(
            f"""
            select a.id as id_a, b.id as id_b
            from read_parquet('{folder / "numbered_links.parquet"}') as links
            join ids as a on a.rowid = links.number_a
            join ids as b on b.rowid = links.number_b
            """
        ).write_parquet(str(folder / "links.parquet"))


# Ways to label it: from the relation numbered_links to a relation labels (number, anchor)


def label_here(connection: duckdb.DuckDBPyConnection, id_count: int) -> None:
    """Label with the function of this project's Python model."""
    links = connection.table("numbered_links").fetchnumpy()
    anchors = component_anchors(id_count, np.asarray(links["number_a"]), np.asarray(links["number_b"]))
    connection.register("labels", pa.table({"number": np.arange(id_count), "anchor": anchors}))


def label_with_networkx(connection: duckdb.DuckDBPyConnection, id_count: int) -> None:
    """Label with networkx.connected_components."""
    import networkx as nx

    links = connection.table("numbered_links").fetchnumpy()
    graph = nx.Graph()
    graph.add_nodes_from(range(id_count))
    graph.add_edges_from(zip(links["number_a"].tolist(), links["number_b"].tolist(), strict=True))
    anchors = np.empty(id_count, dtype=np.int64)
    for component in nx.connected_components(graph):
        anchors[list(component)] = min(component)
    connection.register("labels", pa.table({"number": np.arange(id_count), "anchor": anchors}))


def label_with_recursive_cte(connection: duckdb.DuckDBPyConnection, id_count: int) -> None:
    """Label in one query: whoever got a smaller label hands it to its neighbours, until nobody does."""
    connection.execute(
        """
        create table labels as
        with recursive
        neighbours as materialized (
            select number_a as number, number_b as neighbour from numbered_links
            union all
            select number_b, number_a from numbered_links
        ),
        labelled (number, anchor) using key (number) as (
            select range, range from range(?)
            union
            select neighbours.number, min(changed.anchor)
            from labelled as changed
            join neighbours on neighbours.neighbour = changed.number
            join recurring.labelled as known on known.number = neighbours.number
            where changed.anchor < known.anchor
            group by neighbours.number
        )
        select number, anchor from labelled
        """,
        [id_count],
    )


def label_with_rounds(connection: duckdb.DuckDBPyConnection, id_count: int) -> None:
    """Label round by round, as SQL does it that has no recursion: each takes the smallest label around it."""
    connection.execute(
        """
        create table neighbours as
        select number_a as number, number_b as neighbour from numbered_links
        union all
        select number_b, number_a from numbered_links
        """
    )
    connection.execute("create table labels as select range as number, range as anchor from range(?)", [id_count])
    changed_count = 1
    while changed_count:
        connection.execute(
            """
            create table next_labels as
            with around as (
                select neighbours.number, min(labels.anchor) as anchor
                from neighbours
                join labels on labels.number = neighbours.neighbour
                group by neighbours.number
            )
            select
                labels.number,
                coalesce(least(labels.anchor, around.anchor), labels.anchor) as anchor,
                coalesce(around.anchor < labels.anchor, false) as is_changed
            from labels
            left join around on around.number = labels.number
            """
        )
        changed = "select count(*) filter (is_changed) from next_labels"
        changed_count = connection.execute(changed).fetchall()[0][0]
        connection.execute("drop table labels")
        connection.execute("alter table next_labels rename to labels")


def label_with_splink(connection: duckdb.DuckDBPyConnection, id_count: int) -> None:
    """Label with Splink's clustering."""
    connection.execute(f"create view numbers as select range as number from range({id_count})")
    clusters = splink_clusters(connection, "numbers", "number", "numbered_links")
    connection.execute(f"create view labels as select number, cluster_id as anchor from {clusters}")


def splink_clusters(connection: duckdb.DuckDBPyConnection, nodes: str, node: str, links: str) -> str:
    """Return the table (node, cluster_id) that Splink wrote; the links' columns are the node's with _a and _b."""
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    return cluster_pairwise_predictions_at_threshold(
        nodes,
        links,
        db_api=DuckDBAPI(connection=connection),
        node_id_column_name=node,
        edge_id_column_name_left=f"{node}_a",
        edge_id_column_name_right=f"{node}_b",
    ).physical_name


@dataclass(frozen=True)
class Way:
    """A way to find components.

    Attributes:
        title: what the table calls it.
        label: its core.
        numbered_as: "view" if the core reads the numbered links once, "table" if more often.

    """

    title: str
    label: Callable[[duckdb.DuckDBPyConnection, int], None]
    numbered_as: str


HERE, NETWORKX, SPLINK, CTE, ROUNDS = "here", "networkx", "splink", "recursive_cte", "rounds"
WAYS = {
    HERE: Way("this project (numpy)", label_here, "view"),
    NETWORKX: Way("networkx", label_with_networkx, "view"),
    SPLINK: Way("Splink, ids numbered first", label_with_splink, "table"),
    CTE: Way("DuckDB, recursive CTE", label_with_recursive_cte, "table"),
    ROUNDS: Way("DuckDB, label propagation in rounds", label_with_rounds, "table"),
}
CORE, END_TO_END, STRINGS = "core", "end_to_end", "strings"  # strings: end to end, by Splink alone


def persons_by_number(connection: duckdb.DuckDBPyConnection, way: Way, id_count: int) -> None:
    """Write the table persons (id, anchor): number the ids by the row they stand in, label, look the ids up."""
    connection.execute(
        f"""
        create {way.numbered_as} numbered_links as
        select a.rowid as number_a, b.rowid as number_b
        from links
        join ids as a on a.id = links.id_a
        join ids as b on b.id = links.id_b
        """
    )
    way.label(connection, id_count)
    connection.execute(
        """
        create table persons as
        select member.id, anchor.id as anchor
        from ids as member
        join labels on labels.number = member.rowid
        join ids as anchor on anchor.rowid = labels.anchor
        """
    )


def persons_by_splink(connection: duckdb.DuckDBPyConnection) -> None:
    """Give Splink the strings; what it writes is the result."""
    clusters = splink_clusters(connection, "ids", "id", "links")
    connection.execute(f"create view persons as select id, cluster_id as anchor from {clusters}")


# Measuring


@dataclass(frozen=True)
class Run:
    """What one run took, its inputs' memory included, and a digest of the partition it found."""

    cost: Cost
    partition: str


def partition_digest(members: duckdb.DuckDBPyRelation) -> str:
    """Return a digest of a partition (number, anchor), the same whatever the anchors are."""
    query = "select min(number) over (partition by anchor) as first_number from members order by number"
    first_numbers = members.query("members", query).fetchnumpy()["first_number"]
    return hashlib.sha256(np.asarray(first_numbers, dtype=np.int64).tobytes()).hexdigest()


def timed(connection: duckdb.DuckDBPyConnection, name: str, scope: str) -> Cost:
    """Run the way once and return what it took; the inputs are in the connection, the result is left there."""

    def label() -> None:
        id_count = connection.execute("select count(*) from ids").fetchall()[0][0]
        if scope == CORE:
            WAYS[name].label(connection, id_count)
        elif scope == STRINGS:
            persons_by_splink(connection)
        else:
            persons_by_number(connection, WAYS[name], id_count)

    return cost_of_call(label)


def run_way(name: str, scope: str, folder: Path) -> Run:
    """Load what the scope needs into memory, run the way, digest what it found."""
    # Rehearse with two ids: packages import some of their parts at first use.
    with duckdb.connect() as connection:
        connection.execute("create table ids as select unnest(['a', 'b']) as id")
        connection.execute(
            "create table numbered_links as select 0 as number_a, 1 as number_b"
            if scope == CORE
            else "create table links as select 'a' as id_a, 'b' as id_b"
        )
        timed(connection, name, scope)

    with duckdb.connect() as connection:
        for table in ("ids", "numbered_links" if scope == CORE else "links"):
            connection.read_parquet(str(folder / f"{table}.parquet")).create(table)
        cost = timed(connection, name, scope)
        if scope == CORE:
            members = connection.sql("select number, anchor from labels")
        else:
            members = connection.sql("select ids.rowid as number, anchor from persons join ids using (id)")
        return Run(cost, partition_digest(members))


def run_in_process(python: str, name: str, scope: str, folder: Path, timeout: float) -> Run:
    """Run a way in a fresh process of the given Python.

    Raises:
        NotWithinError: it takes more than so many seconds, what it does before and after included.
        RuntimeError: the process failed; the message is the end of what it printed.

    """
    answer = json.loads(answer_of_process([python, __file__, "--run", name, scope, str(folder)], timeout))
    return Run(Cost(**answer["cost"]), answer["partition"])


def run_all(
    plan: list[tuple[str, str]], folder: Path, repeats: int, pythons: dict[str, str], timeout: float
) -> dict[tuple[str, str], Cost | str]:
    """Run each way so many times, in turn, and return the medians, or why there are none.

    Raises:
        DisagreementError: two runs found different components.

    """
    costs: dict[tuple[str, str], list[Cost]] = {key: [] for key in plan}
    given_up: dict[tuple[str, str], str] = {}
    partition = None
    for _ in range(repeats):
        for name, scope in plan:
            if (name, scope) in given_up:
                continue
            try:
                run = run_in_process(pythons[name], name, scope, folder, timeout)
            except NotWithinError as error:
                given_up[name, scope] = str(error)
                print(f"{name} {scope}: {error}", file=sys.stderr, flush=True)
                continue
            costs[name, scope].append(run.cost)
            print(f"{name} {scope}: {run.cost.seconds:.2f} s", file=sys.stderr, flush=True)
            partition = partition or run.partition
            if run.partition != partition:
                raise DisagreementError(f"{name} ({scope}) and this project find different components")
    return {key: given_up.get(key) or middle(taken) for key, taken in costs.items()}


def components_table(folder: Path, repeats: int, pythons: dict[str, str], timeout: float = 3600) -> str:
    """Run each way that has a Python so many times, in turn, and return the medians as a Markdown table.

    Raises:
        DisagreementError: two runs found different components.

    """
    plan = [(name, scope) for name in pythons for scope in (CORE, END_TO_END)]
    plan += [(SPLINK, STRINGS)] if SPLINK in pythons else []
    costs = run_all(plan, folder, repeats, pythons, timeout)

    def cells(name: str, scope: str, here: str) -> list[str]:
        """Give wall seconds, processor seconds and the ratio of these."""
        cost, least = costs[name, scope], costs[HERE, here]
        if isinstance(cost, str) or isinstance(least, str):
            return [cost if isinstance(cost, str) else f"{cost.seconds:.2f}", "", ""]
        ratio = "" if name == HERE else f"{cost.processor / least.processor:.1f}x"
        return [f"{cost.seconds:.2f}", f"{cost.processor:.2f}", ratio]

    lines = [
        "| method | core: seconds | processor s | of this project's | end to end: seconds | processor s"
        " | of this project's | peak memory (MB) |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, scope in plan:
        if scope == CORE:
            continue
        title = "Splink, ids as they are" if scope == STRINGS else WAYS[name].title
        whole = costs[name, scope]
        peak = "" if isinstance(whole, str) else f"{whole.megabytes:,.0f}"
        core = ["", "", ""] if scope == STRINGS else cells(name, CORE, CORE)
        lines.append("| " + " | ".join([title, *core, *cells(name, scope, END_TO_END), peak]) + " |")
    return "\n".join(lines)


# Chain links against all pairs

CHAIN = """
    with neighbours as (
        select
            key_number,
            id_number,
            observed_date,
            lag(id_number) over key_in_time as previous_id_number,
            lag(observed_date) over key_in_time as previous_observed_date
        from observations
        window key_in_time as (partition by key_number order by observed_date, id_number)
    )

    select
        key_number,
        least(id_number, previous_id_number) as id_number_a,
        greatest(id_number, previous_id_number) as id_number_b,
        min(observed_date) as linked_date,
        count(*) as found_count
    from neighbours
    where id_number != previous_id_number and observed_date - previous_observed_date <= {window_days}
    group by all
"""
PAIRS = """
    select
        key_number,
        a.id_number as id_number_a,
        b.id_number as id_number_b,
        min(greatest(a.observed_date, b.observed_date)) as linked_date,
        count(*) as found_count
    from observations as a
    join observations as b using (key_number)
    where a.id_number < b.id_number and abs(a.observed_date - b.observed_date) <= {window_days}
    group by all
"""


def random_observations(key_count: int, days: int, seed: int) -> pa.Table:
    """Return distinct (key_number, id_number, observed_date) of so many days; few keys have many ids, most have one."""
    random = np.random.default_rng(seed)
    keys = np.repeat(np.arange(key_count), np.minimum(random.zipf(2.0, size=key_count), MAX_IDS_PER_KEY))
    # Most ids know one key; one in a hundred borrows another's, which ties two keys together.
    borrows = random.random(keys.size) < 0.01
    ids = np.where(borrows, random.integers(0, keys.size, size=keys.size), np.arange(keys.size))
    # Most are seldom seen, some on one day in five.
    rates = 0.2 * random.random(keys.size) ** 3
    members, seen_days = np.nonzero(random.random((keys.size, days)) < rates[:, np.newaxis])
    dates = np.datetime64("2026-01-05") + seen_days
    observations = pa.table({"key_number": keys[members], "id_number": ids[members], "observed_date": dates})
    return observations.group_by(observations.column_names).aggregate([])


@dataclass(frozen=True)
class Linking:
    """What linking took: seconds, links found, distinct links kept, and who belongs together."""

    seconds: float
    found: int
    kept: int
    anchors: Numbers


def link(observations: pa.Table, query: str, window_days: int) -> Linking:
    """Write the links that a query finds to a table."""
    id_count = observations["id_number"].to_numpy().max(initial=0) + 1
    with duckdb.connect() as connection:
        connection.from_arrow(observations).create("observations")
        started = time.perf_counter()
        connection.execute(f"create table links as {query.format(window_days=window_days)}")
        seconds = time.perf_counter() - started
        found, kept = connection.execute("select coalesce(sum(found_count), 0), count(*) from links").fetchall()[0]
        links = connection.table("links").fetchnumpy()
    ends = (np.asarray(links[column], dtype=np.int64) for column in ("id_number_a", "id_number_b"))
    return Linking(seconds, int(found), kept, component_anchors(id_count, *ends))


def linking_table(key_count: int, sizes: list[int], window_days: int, repeats: int, seed: int) -> str:
    """Link observations of each number of days in both ways and return a Markdown table.

    Raises:
        DisagreementError: the two ways give different components.

    """
    lines = [
        "| days | observations | method | links found | distinct | seconds | chain is |",
        "|---:|---:|---|---:|---:|---:|---:|",
    ]
    for days in sizes:
        observations = random_observations(key_count, days, seed)
        runs: dict[str, list[Linking]] = {CHAIN: [], PAIRS: []}
        for _ in range(repeats):
            for query, taken in runs.items():
                taken.append(link(observations, query, window_days))
        if not np.array_equal(runs[CHAIN][0].anchors, runs[PAIRS][0].anchors):
            raise DisagreementError(f"chain links and all pairs give different components over {days} days")
        seconds = {query: median(run.seconds for run in taken) for query, taken in runs.items()}
        for title, query in (("chain", CHAIN), ("pair join", PAIRS)):
            run = runs[query][0]
            cells = (
                f"{days}",
                f"{len(observations):,}",
                title,
                f"{run.found:,}",
                f"{run.kept:,}",
                f"{seconds[query]:.2f}",
                "" if query == CHAIN else f"{seconds[query] / seconds[CHAIN]:.1f}x as fast",
            )
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def splink_versions(python: str) -> str:
    """Return the versions of Splink and DuckDB that a Python has.

    Raises:
        OSError: there is no such Python.
        RuntimeError: it lacks one of them, or numpy.

    """
    check = "import duckdb, numpy, splink; print(f'Splink {splink.__version__} on DuckDB {duckdb.__version__}')"
    process = subprocess.run([python, "-c", check], capture_output=True, text=True)
    if process.returncode:
        raise RuntimeError(f"{python} cannot run Splink: {process.stderr.strip().splitlines()[-1]}")
    return process.stdout.strip()


def main() -> int:
    """Measure both and print two tables; or, in a process started by this script, run one way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=2_000_000)
    parser.add_argument("--shape", default=CLUSTERS, choices=SHAPES, help="of the random graph")
    parser.add_argument("--keys", type=int, default=10_000, help="keys of the observations")
    parser.add_argument("--days", type=int, nargs="+", default=[60, 180, 540], help="history of the observations")
    parser.add_argument("--window-days", type=int, default=180)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--skip", nargs="+", default=[], choices=[NETWORKX, CTE, ROUNDS, "linking"])
    parser.add_argument("--timeout", type=float, default=3600, help="seconds that one run may take")
    parser.add_argument("--splink-python", help="Python of an environment that has splink and numpy")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        name, scope, folder = arguments.run
        print(json.dumps(asdict(run_way(name, scope, Path(folder)))))
        return 0

    pythons = {name: sys.executable for name in WAYS if name not in (SPLINK, *arguments.skip)}
    try:
        versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, {os.cpu_count()} cores"
        if arguments.splink_python:
            pythons[SPLINK] = arguments.splink_python
            print(f"{versions}; {splink_versions(arguments.splink_python)}.", end=" ")
        else:
            print(f"{versions}. Splink is left out: --splink-python is not given.", end=" ")
        with TemporaryDirectory() as name:
            folder = Path(name)
            # In a process of its own, so that the memory it takes is not taken for that of the runs.
            writer = get_context("spawn").Process(
                target=write_graph, args=(arguments.nodes, arguments.seed, folder, arguments.shape)
            )
            writer.start()
            writer.join()
            link_count = pq.read_metadata(folder / "links.parquet").num_rows
            print(f"{arguments.nodes:,} ids, {link_count:,} links; medians of {arguments.repeats} runs.\n", flush=True)
            print(components_table(folder, arguments.repeats, pythons, arguments.timeout), flush=True)
        if "linking" not in arguments.skip:
            print(f"\n{arguments.keys:,} keys, links within {arguments.window_days} days.\n", flush=True)
            sizes = (arguments.keys, arguments.days, arguments.window_days)
            print(linking_table(*sizes, arguments.repeats, arguments.seed))
    except (DisagreementError, RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
