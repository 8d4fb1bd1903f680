"""Say what a build would make of a source's files, before anything is built.

    identity-graph check-source ga4
    identity-graph check-source segment --rows 50000 --vars '{segment_event_tables: [order_completed, checkout_paid]}'

Reads a sample of the raw files, lets dbt check and stage it in a DuckDB file of its own, and reports the tables and columns
found and missing, types that differ from what is expected, the span of time, ids and keys with how full they are and what
sharing they would join, properties that could be a key, and event names by the taxonomy. No value is printed, only counts.

Reads files, and relations in the DuckDB file of the profile; on a warehouse target it says so and stops.

Exit code: 0 = a build would run, 1 = it would be refused, 2 = bad arguments or no project.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from identity_graph.project import CommandError, Project, find_project
from identity_graph.raw_columns import column_findings, found_columns
from identity_graph.raw_files import (
    RawTable,
    Sample,
    lay_beside,
    own_paths,
    raw_tables,
    moved,
    sql_text,
    take_sample,
)
from identity_graph.report import (
    MARKS,
    NOTE,
    REFUSED,
    WARNING,
    Finding,
    columns,
    counted,
    finding_lines,
    share,
    some,
    without_personal_data,
)
from identity_graph.scratch import Done, Scratch
from identity_graph.staged_events import (
    CANONICAL_KEYS,
    Events,
    KeyFigures,
    Rule,
    candidates,
    filled_share,
    make_key_values,
    read_event_names,
    read_events,
    read_key,
    read_rules,
    verdict,
)

NAME = "check-source"
DEFAULT_ROWS = 200_000
SHOWN_EVENT_NAMES = 15
WOULD_RUN, REFUSED_BUILD = 0, 1
# What dbt's hooks put before a message, and what a refusal ends with.
NOISE = re.compile(
    r"^.*?Compilation Error[^\n]*\n\s*|\n\s*(>|called by)[^\n]*|\s*Nothing was built; the database is as it was[.]\s*",
    re.S,
)


@dataclass
class Check:
    """What was found of one source."""

    source_name: str
    samples: list[Sample] = field(default_factory=list)
    absent: list[RawTable] = field(default_factory=list)
    remote: list[RawTable] = field(default_factory=list)
    relation: str = ""
    findings: list[Finding] = field(default_factory=list)
    tables: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "source_names",
        nargs="+",
        metavar="NAME",
        help="a source, as event_sources names it; several are checked as one build",
    )
    parser.add_argument(
        "--rows", type=int, default=DEFAULT_ROWS, help="rows of each raw table that are enough (default %(default)s)"
    )
    parser.add_argument("--vars", default="{}", metavar="YAML", help="vars, as dbt takes them")


def run(options: argparse.Namespace) -> int:
    """Check, print the report and return the exit code.

    Raises:
        CommandError: bad arguments, no project, or a target that is not DuckDB.

    """
    if options.rows < 1:
        raise CommandError("--rows has to be 1 at least.")
    try:
        given = yaml.safe_load(options.vars) or {}
    except yaml.YAMLError as error:
        raise CommandError(f"--vars is no YAML: {error}") from error
    if not isinstance(given, dict):
        raise CommandError("--vars has to be a mapping, as {segment_event_tables: [order_completed]}.")
    project = find_project()
    with tempfile.TemporaryDirectory(prefix="check-source-") as folder:
        checker = Checker(project, Path(folder), options.source_names, given)
        checks, is_refused = checker.check(options.rows)
    print("\n\n".join("\n".join(describe(check, options.rows, is_refused=is_refused)) for check in checks))
    return REFUSED_BUILD if is_refused else WOULD_RUN


class Checker:
    """Checks sources of a project, which is parsed once."""

    def __init__(self, project: Project, folder: Path, source_names: Sequence[str], variables: dict[str, Any]) -> None:
        """Parse the project with these sources switched on.

        Args:
            project: the dbt project.
            folder: an empty folder for the sample and the scratch database.
            source_names: sources to check together.
            variables: vars that differ from the project's.

        Raises:
            CommandError: a source is unknown, the target is not DuckDB, or the project cannot be parsed.

        """
        known = project.source_names()
        unknown = [name for name in source_names if name not in known]
        if unknown:
            raise CommandError(f"there is no source {some(unknown)}; those that are here: {', '.join(known)}.")
        profile = project.profile()
        if profile.engine != "duckdb":
            raise CommandError(
                f"the target {profile.target} is {profile.engine}, and check-source reads files and relations on DuckDB only. On a warehouse"
                " the same checks run at the start of dbt build, before anything is written. To look at an export here, lay some of its"
                " files into the folder of IDENTITY_EXPORTS and choose the DuckDB target (IDENTITY_TARGET=duckdb)."
            )
        self.project, self.folder, self.source_names = project, folder, list(dict.fromkeys(source_names))
        self.given = variables
        self.variables = yaml.safe_dump(
            variables | {"event_sources": self.source_names, "raw_files_like": None}, default_flow_style=True
        )
        self.scratch = Scratch(folder / "scratch", project, profile)
        self.scratch.prepare()
        parsed = self.scratch.parse(self.variables)
        if not parsed.success:
            raise CommandError("dbt cannot parse the project:\n" + "\n".join(parsed.errors))
        self.manifest = parsed.results[0]
        self.sources = [
            (source, raw_tables(source, self.event_tables(source)), source.config.meta.get("external_location", ""))
            for source in sorted(self.manifest.sources.values(), key=lambda source: source.unique_id)
            if source.source_name in self.source_names
        ]

    def event_tables(self, source: Any) -> list[str]:
        """Tables that are read as a source's one table of an event."""
        chosen = self.project.var(f"{source.source_name}_event_tables", self.given)
        return list(chosen or []) if source.name == "order_completed" else []

    def check(self, rows: int) -> tuple[list[Check], bool]:
        """Check the sources as one build, and say whether that would be refused.

        Args:
            rows: how many rows of each raw table are enough.

        """
        shutil.rmtree(self.folder / "sample", ignore_errors=True)
        with duckdb.connect() as connection, contextlib.chdir(self.project.folder):
            connection.execute("set TimeZone = 'UTC'")
            checks = [self.take_samples(connection, name, rows) for name in self.source_names]
            done = self.build(checks, rows)
            for check in checks:
                read = words_of(done, check.source_name) if done.success else None
                for sample in check.samples:
                    dialect = self.project.var("csv_dialect", self.given) or {}
                    found = found_columns(connection, sample, dialect)
                    check.tables.append(table_row(sample, len(found)))
                    check.findings += column_findings(connection, sample, found, read)
        for finding in self.said_by_dbt(done):
            of = [check for check in checks if check.source_name in finding.text] or checks
            of[0].findings.append(finding)
        if done.success:
            self.read_figures(checks)
        return checks, not done.success

    def take_samples(self, connection: duckdb.DuckDBPyConnection, name: str, rows: int) -> Check:
        """Find the raw tables of a source, and let the manifest read a sample of them."""
        check = Check(name)
        relation = self.project.var("generic_events_relation", self.given)
        if name == "generic" and relation:
            check.relation = str(relation)
            return check
        sampled: list[RawTable] = []
        for source, tables, location in self.sources:
            if source.source_name != name:
                continue
            check.remote += [table for table in tables if table.location and not table.is_local]
            local = [table for table in tables if table.location and table.is_local]
            samples = [take_sample(connection, table, rows, self.folder / "sample") for table in local]
            check.samples += [sample for sample in samples if sample.file_count]
            check.absent += [sample.table for sample in samples if not sample.file_count]
            sampled += local
            # Where nothing lies, dbt looks itself, and says what lies there instead.
            is_found = any(sample.file_count for sample in samples)
            for meta in (source.meta, source.config.meta) if location else ():
                meta["external_location"] = moved(location, self.folder / "sample") if is_found else location
        if check.samples:
            lay_beside(connection, sampled, self.folder / "sample")
        return check

    def build(self, checks: Sequence[Check], rows: int) -> Done:
        """Let dbt check and stage the samples, as the first part of a build."""
        selection = ["--select", "+int_events_received"]
        before = None
        for check in checks:
            if check.relation:
                before = self.copy_relation(check, rows)
                selection += ["--exclude", f"+{check.relation.split('.')[-1]}"] if "." not in check.relation else []
        return self.scratch.build(self.manifest, self.variables, *selection, before=before)

    def copy_relation(self, check: Check, rows: int) -> Path | None:
        """Copy rows of the project's own relation into a file that the scratch database begins as, if it is in the user's file."""
        named = check.relation.split(".")
        nodes = [*self.manifest.nodes.values(), *self.manifest.sources.values()]
        node = next(
            (
                node
                for node in nodes
                if [*named[:-1], node.name] == named and (len(named) == 1 or node.source_name == named[0])
            ),
            None,
        )
        database = self.project.database(self.scratch.profile)
        if node is None or not database.exists():
            if node is not None:
                text = f"{database} is not there, which the relation {check.relation} is read from: build it first (dbt build --select +{named[-1]})"
                check.findings.append(Finding(WARNING, text))
            return None
        place = f'"{node.schema}"."{getattr(node, "alias", None) or getattr(node, "identifier", node.name)}"'
        copy = self.folder / "relation.duckdb"
        try:
            with duckdb.connect(str(database), read_only=True) as connection:
                connection.execute("set TimeZone = 'UTC'")
                connection.execute(f"attach {sql_text(str(copy))} as sampled")
                connection.execute(f'create schema sampled."{node.schema}"')
                connection.execute(f"create table sampled.{place} as from {place} limit {rows}")
                total = connection.execute(f"select count(*) from {place}").fetchall()[0][0]
        except duckdb.Error as error:
            first_line = str(error).partition("\n")[0]
            check.findings.append(Finding(WARNING, f"{check.relation} cannot be read in {database}: {first_line}"))
            return None
        check.tables.append((check.relation, f"{total:,}", "", f"{min(rows, total):,}", str(database)))
        return copy

    def said_by_dbt(self, done: Done) -> list[Finding]:
        """What dbt's own checks said: why a build is refused, and what nothing reads."""
        findings = [Finding(REFUSED, self.cleaned(message)) for message in ([] if done.success else done.errors[:3])]
        notes = [
            message for level, message in done.said if level == "info" and re.match("(Source |IDENTITY_|var )", message)
        ]
        return findings + [Finding(NOTE, self.cleaned(message)) for message in notes]

    def cleaned(self, message: str) -> str:
        """A message of dbt in one line, with the user's own paths, and without what it adds to every error."""
        own = own_paths(message, self.folder / "sample").replace(str(self.scratch.database), self.scratch.database.name)
        return " ".join(NOISE.sub("", own).split())

    def read_figures(self, checks: Sequence[Check]) -> None:
        """Read what staging made of the samples."""
        nodes = self.manifest.nodes
        events = self.manifest.nodes["model.identity_graph.int_events_received"]
        parent = next(name for name in events.depends_on.nodes if name.endswith(".identity_key_rules"))
        with duckdb.connect(str(self.scratch.database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            rules = read_rules(connection, relation_of(nodes[parent]))
            for check in checks:
                describe_events(connection, check, relation_of(events), rules)


def relation_of(node: Any) -> str:
    """A node's place within its database."""
    return f'"{node.schema}"."{node.alias}"'


def words_of(done: Done, source_name: str) -> set[str]:
    """Words of the compiled models that read a source, in lower case: a column that none of them names is not read."""
    code = " ".join(
        result.node.compiled_code or ""
        for result in done.results
        if re.match(f"(stg|base)_{source_name}__", getattr(result.node, "name", ""))
    )
    return set(re.findall(r"[\w$]+", code.lower())) | set(re.findall(r"[\"']([^\"']+)[\"']", code.lower()))


def table_row(sample: Sample, column_count: int) -> tuple[str, str, str, str, str]:
    """A line of the table of tables: name, files, rows, columns, place."""
    rows = f"{sample.row_count:,}" if sample.is_whole else f"~{sample.row_count:,}"
    return sample.table.name, f"{sample.file_count:,}", rows, f"{column_count:,}", sample.table.location


def describe_events(connection: duckdb.DuckDBPyConnection, check: Check, events: str, rules: Sequence[Rule]) -> None:
    """Add the figures of a source, and what is to be found in them."""
    source = check.source_name
    found = read_events(connection, events, source)
    lines = [
        f"Events: {found.row_count:,} rows, {found.accepted:,} accepted ({share(found.accepted, found.row_count)})"
        + (f", {found.repeated:,} of them sent again" if found.repeated else "")
    ]
    if found.first and found.last:
        lines.append(
            f"Time: {found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC; {share(found.unparsable_times, found.row_count)} of times cannot be read"
        )
    for reason, count in found.rejected:
        level = WARNING if count > 0.01 * found.row_count else NOTE
        check.findings.append(
            Finding(level, f"{counted(count, 'row')} rejected ({share(count, found.row_count)}): {reason}")
        )
    if not found.accepted:
        check.findings.append(Finding(WARNING, "no event is accepted: nothing would come out of this source"))
    lines.append(
        f"Ids: {counted(found.id_count, 'id')}; anonymous_id in {share(found.filled['anonymous_id'], found.row_count)} of rows; no consent in {share(found.without_consent, found.row_count)}"
    )
    make_key_values(connection, events, source)
    lines += ["", *key_table(connection, check, found, rules)]
    lines += ["", *event_table(connection, check, events)]
    check.figures = lines


def key_table(connection: duckdb.DuckDBPyConnection, check: Check, events: Events, rules: Sequence[Rule]) -> list[str]:
    """Lines of the keys: those switched on, those switched off, and properties that none names."""
    own = [rule for rule in rules if rule.source_name in (None, check.source_name)]
    rows, unseen = [], []
    judged: list[tuple[str, str, KeyFigures | None, Rule | None]] = []
    for rule in sorted(own, key=lambda rule: not rule.is_enabled):
        is_property = not rule.is_enabled and rule.key_type not in CANONICAL_KEYS
        judged.append(
            (
                "on" if rule.is_enabled else "off",
                rule.key_type,
                read_key(connection, rule.key_type, rule, is_property=is_property),
                rule,
            )
        )
    names = [rule.key_type for rule in rules]
    for name in candidates(connection, names):
        judged.append(("no rule", name, read_key(connection, name, None, is_property=True), None))
    for state, name, figures, rule in judged:
        if figures is None:
            unseen.append(name)
            continue
        level, text = verdict(figures, rule)
        ids, values = figures.ids_per_value, figures.values_per_id
        rows.append((
            name, state, filled_share(figures, events), figures.value_count, f"{ids.median:,}", f"{ids.p99:,}", f"{ids.largest:,}",
            f"{values.median:,}", f"{values.p99:,}", f"{values.largest:,}", f"{MARKS[level]} {text}",
        ))  # fmt: skip
        if level == WARNING and state == "on":
            check.findings.append(Finding(WARNING, f"key {name}: {text}"))
    header = ("key", "rule", "filled", "values", "ids/value", "p99", "max", "values/id", "p99", "max", "what it does")
    lines = columns(header, rows) if rows else ["  no event has any key"]
    if not any(
        state == "on" and rule and rule.window_days is not None for state, name, figures, rule in judged if figures
    ):
        check.findings.append(
            Finding(WARNING, "no key that is switched on is in these events: no two ids would be joined")
        )
    return ["Keys (median, 99th percentile and largest of ids per value, and of values per id)", *lines] + (
        [f"  in no event: {', '.join(unseen)}"] if unseen else []
    )


def event_table(connection: duckdb.DuckDBPyConnection, check: Check, events: str) -> list[str]:
    """Lines of the event names, and what the taxonomy lacks."""
    names = read_event_names(connection, events, check.source_name)
    unregistered = [name for name in names if name.status == "unregistered"]
    if unregistered:
        text = f"{counted(len(unregistered), 'event name is', 'event names are')} not in the taxonomy ({counted(sum(name.count for name in unregistered), 'row')})"
        check.findings.append(Finding(NOTE, text))
    if names and not any(name.status == "conversion" for name in names):
        check.findings.append(Finding(NOTE, "no event name is a conversion by the taxonomy"))
    rows = [(name.name[:60], name.count, name.status, name.faults) for name in names[:SHOWN_EVENT_NAMES]]
    more = len(names) - SHOWN_EVENT_NAMES
    return ["Event names by the taxonomy", *columns(("event name", "rows", "taxonomy", "break its contract"), rows)] + (
        [f"  and {more:,} more"] if more > 0 else []
    )


def describe(check: Check, rows: int, *, is_refused: bool) -> list[str]:
    """The report of a source."""
    lines = [f"{check.source_name}: {'a build would be refused' if is_refused else 'a build would run'}.", ""]
    if check.tables:
        lines += ["Tables", *columns(("table", "files", "rows", "columns", "where"), check.tables)]
    for table in check.absent:
        lines.append(f"  no {table.name}: nothing lies at {table.location}")
    for table in check.remote:
        lines.append(f"  {table.name}: read whole, as it is not on this machine: {table.location}")
    partial = [sample for sample in check.samples if not sample.is_whole]
    if partial:
        taken = "; ".join(
            f"{sample.table.name}: {'the first rows of ' if sample.cut else ''}{len(sample.files):,} of {counted(sample.file_count, 'file')}"
            for sample in partial
        )
        lines.append(
            f"  A sample, of {rows:,} rows a table at most: {taken}. Ids share more values in all the rows than in a sample."
        )
    lines += ["", "Findings, worst first", *(finding_lines(check.findings) or ["  none"])]
    if check.figures:
        lines += ["", *check.figures]
    return [without_personal_data(line) for line in lines]
