"""The database as activation opens it: for a moment, with the names that its tables have there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from identity_graph.activation.protocol import ERASED, Destination
from identity_graph.database import no_table, other_places, what_is_missing, why_closed
from identity_graph.project import CommandError
from identity_graph.sql import quoted

SWITCH = "--vars '{optional_marts: [activation]}'"
# What the command keeps itself, beside int_events_received, and what lasts as long as that does.
RECIPIENTS, DELIVERIES = "activation_recipients", "activation_deliveries"
STATE = {
    RECIPIENTS: """
        destination_name varchar not null, audience_name varchar not null, space_id varchar not null,
        recipient varchar not null, is_member boolean not null, payload_checksum varchar, related_recipient varchar,
        idempotency_key varchar, delivery_number bigint, attempted_operation varchar
    """,
    DELIVERIES: """
        destination_name varchar not null, delivery_number bigint not null, generation bigint not null,
        load_number bigint not null, writer varchar not null, place varchar, batch_key varchar not null,
        add_count bigint not null, remove_count bigint not null, update_count bigint not null, acknowledged_at timestamp
    """,
}


@dataclass(frozen=True)
class Ledger:
    """A connection to the database of a build, and where its tables lie."""

    connection: duckdb.DuckDBPyConnection
    places: Mapping[tuple[str, str], str]

    def schema_of(self, schema: str, name: str) -> str:
        """The schema that a table of the project lies in here."""
        return self.places.get((schema, name), schema)

    def table(self, schema: str, name: str) -> str:
        """A table of the project, as SQL calls it in this database."""
        return f"{quoted(self.schema_of(schema, name))}.{quoted(name)}"

    def told_changes(self) -> str:
        """A subquery with the changes of complete loads that name somebody."""
        return f"""
        (
            select changes.*
            from {self.table("marts", "audience_changes")} as changes
            inner join {self.table("intermediate", "event_loads")} as loads on changes.load_number = loads.load_number
            where loads.is_complete and changes.recipient != '{ERASED}'
        )
        """

    def state(self, name: str) -> str:
        """A table that the command keeps, as SQL calls it; one without rows where it is not there yet."""
        schema = self.schema_of("intermediate", "int_events_received")
        if self.has(schema, name):
            return f"{quoted(schema)}.{quoted(name)}"
        columns = ", ".join(
            f"cast(null as {kind}) as {column}"
            for column, kind in (text.split()[:2] for text in STATE[name].replace("\n", " ").split(","))
        )
        return f"(select {columns} where false)"

    def make_state(self) -> None:
        """Make the tables that the command keeps, where they are not there yet."""
        schema = self.schema_of("intermediate", "int_events_received")
        for name, columns in STATE.items():
            self.connection.execute(f"create table if not exists {quoted(schema)}.{quoted(name)} ({columns})")

    def has(self, schema: str, name: str) -> bool:
        """Whether the database has a table or view, by the names that they have in it."""
        found = self.connection.execute(
            """
            select 1 from information_schema.tables
            where table_catalog = current_database() and table_schema = $schema and table_name = $name
            """,
            {"schema": schema, "name": name},
        ).fetchall()
        return bool(found)

    def last_load(self) -> int:
        """Number of the load that the ledger leads to.

        Raises:
            CommandError: nothing is built, the last run did not finish, or the suite is switched off.

        """
        loads = self.connection.execute(
            f"select load_number, is_complete from {self.table('intermediate', 'event_loads')}"
            " order by load_number desc limit 1"
        ).fetchall()
        if not loads:
            raise CommandError("nothing is built yet: run dbt build, then activate.")
        ((load_number, is_complete),) = loads
        if not is_complete:
            raise CommandError(
                f"the last run (load {load_number}) did not finish, or still runs, so that nobody knows yet who is in"
                " an audience: run dbt build until it succeeds, then activate."
            )
        for schema, name in (("marts", "audience_changes"), ("seeds", "destinations")):
            if not self.has(self.schema_of(schema, name), name):
                raise CommandError(f"there is no table {schema}.{name}: build once with {SWITCH}.")
        return load_number

    def destinations(self) -> list[Destination]:
        """The rows of the seed destinations, in the order of their names."""
        rows = self.connection.execute(
            f"""
            select
                destination_name, identifier_type, writer, coalesce(cast(sends_merges as boolean), false),
                coalesce(cast(is_enabled as boolean), false), space_id
            from {self.table("seeds", "destinations")}
            order by destination_name
            """
        ).fetchall()
        return [Destination(*row) for row in rows]


@contextmanager
def open_ledger(file: Path, *, read_only: bool) -> Iterator[Ledger]:
    """Open the database of a build for a moment; to write to it no other process may have it open.

    Raises:
        CommandError: another process has it, it is no database, or a table is missing.

    """
    try:
        connection = duckdb.connect(str(file), read_only=read_only)
    except duckdb.Error as error:
        raise CommandError(why_closed(file, error)) from error
    with connection:
        try:
            ledger = Ledger(connection, other_places(connection))
            if not ledger.has(ledger.schema_of("intermediate", "event_loads"), "event_loads"):
                raise CommandError(no_table(file, "intermediate.event_loads"))
            yield ledger
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise CommandError(what_is_missing(file, error)) from error


@contextmanager
def transaction(ledger: Ledger) -> Iterator[None]:
    """All that is written within takes effect at once, or nothing does."""
    ledger.connection.begin()
    try:
        yield
    except BaseException:
        ledger.connection.rollback()
        raise
    ledger.connection.commit()
