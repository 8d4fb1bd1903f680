"""Lets dbt check and stage a sample of a source's files, and gathers what is to be said of them."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from identity_graph.dbt_command import Done, in_one_line
from identity_graph.project import CommandError, Project
from identity_graph.raw_columns import (
    FoundColumn,
    columns_of,
    family,
    found_columns,
    name_findings,
    quoted,
    type_findings,
)
from identity_graph.raw_files import RawTable, Sample, lay_beside, moved, own_paths, raw_tables, take_sample
from identity_graph.scratch import Scratch
from identity_graph.source_figures import describe_events
from identity_graph.sql import sql_text
from identity_graph.staged_events import read_rules
from identity_graph.text import NOTE, REFUSED, WARNING, Finding, some

# What a refusal ends with.
REFUSED_WHOLE = "Nothing was built; the database is as it was."


@dataclass
class Check:
    """What was found of one source."""

    source_name: str
    samples: list[Sample] = field(default_factory=list)
    absent: list[RawTable] = field(default_factory=list)
    remote: list[RawTable] = field(default_factory=list)
    relation: str = ""
    copied: str = ""
    findings: list[Finding] = field(default_factory=list)
    tables: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    unread: list[tuple[FoundColumn, FoundColumn]] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


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
                f"the target {profile.target} is {profile.engine}, and check-source reads files and relations on DuckDB"
                " only. On a warehouse dbt build checks tables and columns itself, before it writes anything. To look"
                " at an export here, lay some of its files into the folder of IDENTITY_EXPORTS and choose the target of"
                " DuckDB (IDENTITY_TARGET=duckdb)."
            )
        self.project, self.folder, self.source_names = project, folder, list(dict.fromkeys(source_names))
        self.given = variables
        self.scratch = Scratch(folder / "scratch", project, profile)
        self.scratch.prepare()
        parsed = self.scratch.parse(self.variables(self.source_names))
        if not parsed.success:
            raise CommandError("dbt cannot parse the project:\n" + "\n".join(parsed.errors))
        self.manifest = parsed.results[0]
        self.sources = [
            (source, raw_tables(source, self.event_tables(source)), source.config.meta.get("external_location", ""))
            for source in sorted(self.manifest.sources.values(), key=lambda source: source.unique_id)
            if source.source_name in self.source_names
        ]

    def variables(self, source_names: Sequence[str]) -> str:
        """The vars of a run in which these sources are on, and no file is left for another run."""
        return json.dumps(self.given | {"event_sources": list(source_names), "raw_files_like": None}, default=str)

    def event_tables(self, source: Any) -> list[str]:
        """Tables that are read as a source's one table of an event."""
        chosen = self.project.var(f"{source.source_name}_event_tables", self.given)
        return list(chosen or []) if source.name == "order_completed" else []

    def check(self, rows: int, source_names: Sequence[str] | None = None) -> tuple[list[Check], bool]:
        """Check the sources, or some of them, as one build, and say whether that would be refused.

        Args:
            rows: how many rows of each raw table are enough.
            source_names: those of the sources that are switched on.

        """
        names = list(source_names or self.source_names)
        self.forget_samples()
        with duckdb.connect() as connection, contextlib.chdir(self.project.folder):
            connection.execute("set TimeZone = 'UTC'")
            checks = [self.take_samples(connection, name, rows) for name in names]
            done = self.build(checks, rows)
            for check in checks:
                self.look_at_columns(connection, check, words_of(done, check.source_name) if done.success else None)
        for finding in self.said_by_dbt(done):
            of = [check for check in checks if finding.text.startswith(f"Source {check.source_name}:")]
            (of or [check for check in checks if check.source_name == "generic"] or checks)[0].findings.append(finding)
        if done.success:
            self.read_figures(checks)
        return checks, not done.success

    def forget_samples(self) -> None:
        """Remove the samples of an earlier check, and let every source read its own files again."""
        shutil.rmtree(self.folder / "sample", ignore_errors=True)
        for source, _, location in self.sources:
            self.let_read(source, location)

    @staticmethod
    def let_read(source: Any, location: str) -> None:
        """Let a source of the manifest read a location; one without has none to begin with."""
        for meta in (source.meta, source.config.meta) if location else ():
            meta["external_location"] = location

    def take_samples(self, connection: duckdb.DuckDBPyConnection, name: str, rows: int) -> Check:
        """Find the raw tables of a source, and let the manifest read a sample of them."""
        check = Check(name)
        relation = self.project.var("generic_events_relation", self.given)
        if name == "generic" and relation:
            check.relation = str(relation)
            return check
        sampled: list[RawTable] = []
        locations: list[tuple[Any, str]] = []
        for source, tables, location in self.sources:
            if source.source_name != name:
                continue
            check.remote += [table for table in tables if table.location and not table.is_local]
            local = [table for table in tables if table.location and table.is_local]
            samples = [take_sample(connection, table, rows, self.folder / "sample") for table in local]
            check.samples += [sample for sample in samples if sample.file_count]
            check.absent += [sample.table for sample in samples if not sample.file_count]
            sampled += local
            locations += [(source, location)] if local else []
        # Where nothing lies at all, dbt looks itself, and says what lies there instead.
        if check.samples:
            for source, location in locations:
                self.let_read(source, moved(location, self.folder / "sample"))
            lay_beside(connection, sampled, self.folder / "sample")
        return check

    def look_at_columns(self, connection: duckdb.DuckDBPyConnection, check: Check, read: set[str] | None) -> None:
        """Add what is to be said of the columns of a source; `read` are the words of the SQL that reads it."""
        dialect = self.project.var("csv_dialect", self.given) or {}
        found = [(sample.table, found_columns(connection, sample, dialect)) for sample in check.samples]
        for sample, (_, of_table) in zip(check.samples, found, strict=True):
            check.tables.append(table_row(sample, len(of_table)))
        if check.copied:
            table = next(tables[0] for source, tables, _ in self.sources if source.source_name == check.source_name)
            connection.execute(f"attach if not exists {sql_text(str(self.scratch.database))} as staged (read_only)")
            found.append((table, columns_of(connection, [f"staged.{check.copied}"])))
        for table, of_table in found:
            check.findings += type_findings(connection, table, of_table)
            if "anonymous_id" in of_table and read is not None:
                # A key is text or a whole number.
                unread = [
                    column
                    for name, column in of_table.items()
                    if name not in read and {family(data_type) for data_type in column.types} <= {"string", "integer"}
                ]
                check.unread += [(column, of_table["anonymous_id"]) for column in unread if not check.copied]
        mapped = (self.project.var("generic_columns", self.given) or {}) if check.source_name == "generic" else {}
        check.findings += name_findings(found, read, {str(name).lower() for name in mapped})
        connection.execute("detach database if exists staged")

    def build(self, checks: Sequence[Check], rows: int) -> Done:
        """Let dbt check and stage the samples, as the first part of a build."""
        selection = ["--select", "+int_events_received"]
        before = None
        for check in checks:
            if check.relation:
                before = self.copy_relation(check, rows)
                # What the project's own model is made from lies in the user's database, and is not made here.
                selection += ["--exclude", f"+{check.relation}"] if "." not in check.relation else []
        names = [check.source_name for check in checks]
        return self.scratch.build(self.manifest, self.variables(names), *selection, before=before)

    def copy_relation(self, check: Check, rows: int) -> Path | None:
        """Copy rows of the project's own relation, if they can be read, into a file that the scratch file begins as."""
        source_name, _, name = check.relation.rpartition(".")
        nodes = self.manifest.sources if source_name else self.manifest.nodes
        node = next((node for node in nodes.values() if self.is_relation(node, source_name, name)), None)
        if node is None:
            # dbt says so.
            return None
        database = self.project.database(self.scratch.profile)
        table = getattr(node, "identifier", None) or node.alias
        place, copy = f"{quoted(node.schema)}.{quoted(table)}", self.folder / "relation.duckdb"
        copy.unlink(missing_ok=True)
        if not database.exists():
            text = f"{check.relation} lies in {database}, which is not there: make it first (dbt run --select +{name})"
            check.findings.append(Finding(WARNING, text))
            return None
        try:
            with duckdb.connect() as connection:
                # Under its own name, which its views go by.
                own = quoted(database.stem)
                connection.execute(
                    f"set TimeZone = 'UTC'; attach {sql_text(str(database))} as {own} (read_only); use {own}"
                )
                connection.execute(f"attach {sql_text(str(copy))} as sampled")
                connection.execute(f"create schema if not exists sampled.{quoted(node.schema)}")
                connection.execute(f"create table sampled.{place} as from {place} limit {rows}")
                ((total, taken),) = connection.execute(
                    f"select (select count(*) from {place}), (select count(*) from sampled.{place})"
                ).fetchall()
        except duckdb.Error as error:
            text = f"{check.relation} cannot be read in {database}: {str(error).splitlines()[0]}"
            check.findings.append(Finding(WARNING, text))
            return None
        check.copied = place
        check.tables.append((check.relation, "", f"{total:,}", "", str(database)))
        if taken < total:
            check.findings.append(
                Finding(NOTE, f"a sample: {taken:,} of {total:,} rows of {check.relation} were looked at")
            )
        return copy

    def is_relation(self, node: Any, source_name: str, name: str) -> bool:
        """Whether a node of the manifest is what the var generic_events_relation names."""
        if source_name:
            return (node.source_name, node.name) == (source_name, name)
        kinds = ("model", "seed", "snapshot")
        return (
            node.resource_type in kinds and node.name == name and node.package_name == self.project.settings.get("name")
        )

    def said_by_dbt(self, done: Done) -> list[Finding]:
        """What dbt's own checks said: why a build is refused, and what nothing reads."""
        findings = [Finding(REFUSED, self.cleaned(message)) for message in ([] if done.success else done.errors[:3])]
        for level, message in done.said:
            # The columns that nothing reads are told by table.
            is_note = level == "info" and re.match("(Source |IDENTITY_|var )", message)
            if is_note and "nothing reads the column(s)" not in message:
                findings.append(Finding(NOTE, self.cleaned(message)))
        return findings

    def cleaned(self, message: str) -> str:
        """A message of dbt in one line, with the user's own paths, and without what it adds to every error."""
        own = own_paths(message, self.folder / "sample").replace(str(self.scratch.database), self.scratch.database.name)
        return in_one_line(own.replace(REFUSED_WHOLE, ""))

    def read_figures(self, checks: Sequence[Check]) -> None:
        """Read what staging made of the samples."""
        nodes = self.manifest.nodes
        events = self.manifest.nodes["model.identity_graph.int_events_received"]
        rules_of, ignored = (
            relation_of(nodes[next(name for name in events.depends_on.nodes if name.endswith(f".{seed}"))])
            for seed in ("identity_key_rules", "ignored_values")
        )
        with duckdb.connect(str(self.scratch.database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            rules = read_rules(connection, rules_of)
            for check in checks:
                check.figures, findings = describe_events(
                    connection, check.source_name, relation_of(events), rules, ignored, check.unread
                )
                check.findings += findings


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
    rows = f"{sample.row_count:,}" if sample.is_whole or sample.is_counted else f"~{sample.row_count:,}"
    return sample.table.name, f"{sample.file_count:,}", rows, f"{column_count:,}", sample.table.location
