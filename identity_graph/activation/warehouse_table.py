"""Writer of a table in the warehouse: who is in the audiences of a destination now, beside the marts."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from identity_graph.activation.protocol import Batch, Destination, Settings, Writer
from identity_graph.sql import quoted

SCHEMA = "activation"


class TableWriter(Writer):
    """Keeps the table activation.<destination>, one row per audience, space and recipient that is in it."""

    def __init__(self, destination: Destination, settings: Settings) -> None:
        """Keep a table of the destination's name."""
        self.table = f"{SCHEMA}.{quoted(destination.name)}"

    def send(self, batch: Batch) -> str:
        """Return the table; it is written with the record of the batch."""
        return self.table

    def record(self, connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        """Take out of the table who is not in it any more, and put in who is."""
        names = ("audience_name", "space_id", "recipient", "changed_at", "idempotency_key")
        types = {"changed_at": pa.timestamp("us")}
        columns = {
            name: pa.array([getattr(row, name) for row in batch.rows], types.get(name, pa.string())) for name in names
        }
        members = pa.array([row.is_member for row in batch.rows], pa.bool_())
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.execute(
            f"create table if not exists {self.table} (audience_name varchar not null, space_id varchar not null,"
            " recipient varchar not null, changed_at timestamp not null, idempotency_key varchar not null)"
        )
        connection.register("table_rows", pa.table(columns | {"is_member": members}))
        connection.execute(
            f"delete from {self.table} as kept using table_rows where kept.audience_name = table_rows.audience_name"
            " and kept.space_id = table_rows.space_id and kept.recipient = table_rows.recipient"
        )
        connection.execute(
            f"insert into {self.table} by name select * exclude (is_member) from table_rows where is_member"
        )
        connection.unregister("table_rows")
