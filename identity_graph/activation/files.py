"""Writers of files: CSV, Parquet and NDJSON, customer lists and offline conversions.

A batch is one file, <folder>/<destination>/<delivery>.<ending>, written beside its place and then moved there: whoever
looks sees all of it or nothing. A repeat has the same name and the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from identity_graph.activation.protocol import ADD, Batch, DeliveryError, Destination, Row, Settings, Writer
from identity_graph.durable_files import on_disk, put_in_place

# What the platforms call the column of the hash.
HASH_HEADERS: Mapping[str, str] = {
    "google_email_hash": "Email",
    "google_phone_hash": "Phone",
    "meta_email_hash": "email",
    "meta_phone_hash": "phone",
}
# All else is text in Parquet.
TYPES = {
    "changed_at": pa.timestamp("us", "UTC"),
    "conversion_time": pa.timestamp("us", "UTC"),
    "conversion_value": pa.decimal128(18, 4),
}
Cell = str | datetime | Decimal | None


class FileWriter(Writer):
    """Writes a batch as a file."""

    ending = ""

    def __init__(self, destination: Destination, settings: Settings) -> None:
        """Write to a folder of the destination's own."""
        self.folder = settings.out / destination.name

    @abstractmethod
    def content(self, batch: Batch) -> bytes:
        """The bytes of the file; of the same batch the same."""

    def send(self, batch: Batch) -> str:
        """Put the batch where files are taken from, and return the file."""
        # Numbers of one length, so that names sort as the deliveries follow each other.
        file = self.folder / f"{batch.delivery_number:06}.{self.ending}"
        try:
            write_whole(file, self.content(batch))
        except OSError as error:
            raise DeliveryError(
                f"{file} cannot be written ({error.strerror or error}): make room there, or name a folder with --out"
            ) from error
        return str(file)


class CsvWriter(FileWriter):
    """Writes CSV, after RFC 4180 but for the ends of lines."""

    ending = "csv"

    def content(self, batch: Batch) -> bytes:
        """The rows as CSV."""
        rows = [cells(row, batch.destination) for row in batch.rows]
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header(batch.destination))
        writer.writerows(list(map(as_text, row.values())) for row in rows)
        return text.getvalue().encode()


class NdjsonWriter(FileWriter):
    """Writes a JSON object a line."""

    ending = "ndjson"

    def content(self, batch: Batch) -> bytes:
        """The rows as lines of JSON."""
        rows = [cells(row, batch.destination) for row in batch.rows]
        return json_lines({name: as_text(value) for name, value in row.items()} for row in rows)


class ParquetWriter(FileWriter):
    """Writes Parquet, with times and amounts as such."""

    ending = "parquet"

    def content(self, batch: Batch) -> bytes:
        """The rows as Parquet."""
        rows = [cells(row, batch.destination) for row in batch.rows]
        fields = [(name, TYPES.get(name, pa.string())) for name in header(batch.destination)]
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(fields)), buffer)
        return buffer.getvalue()


def header(destination: Destination) -> list[str]:
    """Columns of a destination's files."""
    anybody = Row(ADD, "", "", "", "", None, "", datetime(1970, 1, 1), is_member=True)
    return list(cells(anybody, destination))


def cells(row: Row, destination: Destination) -> dict[str, Cell]:
    """What a file holds of a row, by column."""
    if destination.identifier_type in HASH_HEADERS:
        return {
            "operation": row.operation,
            "audience_name": row.audience_name,
            "space_id": row.space_id,
            HASH_HEADERS[destination.identifier_type]: row.recipient,
        }
    if destination.identifier_type == "conversion_id":
        return conversion_cells(row)
    return {
        "operation": row.operation,
        "audience_name": row.audience_name,
        "space_id": row.space_id,
        "recipient": row.recipient,
        "reason": row.reason,
        "related_recipient": row.related_recipient,
        "idempotency_key": row.idempotency_key,
        "changed_at": row.changed_at.replace(tzinfo=UTC),
    }


def conversion_cells(row: Row) -> dict[str, Cell]:
    """What a file holds of an offline conversion; of one that is gone only which it was."""
    found = row.conversion
    return {
        "operation": row.operation,
        "click_id_type": found and found.click_id_type,
        "click_id": found and found.click_id,
        "conversion_name": found and found.event_name,
        "conversion_time": found and found.converted_at.replace(tzinfo=UTC, microsecond=0),
        "conversion_value": found and found.conversion_value,
        "currency_code": found and found.currency_code,
        "consent": found and ("granted" if found.has_consent else "denied"),
        "order_id": found and found.order_id,
        "conversion_id": row.recipient,
        "reason": row.reason,
        "idempotency_key": row.idempotency_key,
    }


def as_text(cell: Cell) -> str | None:
    """A cell as text: times with their zone, amounts in full."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


def json_lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    """JSON objects, each on a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all, also after the machine stops."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.part")
    with on_disk(draft) as written:
        written.write(content)
    put_in_place(draft, file)
