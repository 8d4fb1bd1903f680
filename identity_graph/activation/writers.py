"""The writers by the names that the seed destinations calls them by."""

from __future__ import annotations

from collections.abc import Mapping

from identity_graph.activation.files import CsvWriter, NdjsonWriter, ParquetWriter
from identity_graph.activation.kafka_topic import KafkaWriter
from identity_graph.activation.kissmetrics import KissmetricsFileWriter, KissmetricsHttpWriter
from identity_graph.activation.protocol import Destination, Settings, Writer
from identity_graph.activation.warehouse_table import TableWriter
from identity_graph.project import CommandError

WRITERS: Mapping[str, type[Writer]] = {
    "csv": CsvWriter,
    "parquet": ParquetWriter,
    "ndjson": NdjsonWriter,
    "table": TableWriter,
    "kissmetrics": KissmetricsFileWriter,
    "kissmetrics_http": KissmetricsHttpWriter,
    "kafka": KafkaWriter,
}


def writer_of(destination: Destination, settings: Settings) -> Writer:
    """The writer of a destination.

    Raises:
        CommandError: there is none of that name, or the environment lacks what it needs.

    """
    if destination.writer not in WRITERS:
        raise CommandError(
            f"the seed destinations gives {destination.name} the writer {destination.writer!r}: name one of"
            f" {', '.join(WRITERS)}."
        )
    return WRITERS[destination.writer](destination, settings)


def keeps_spaces(destination: Destination) -> bool:
    """Whether a destination can tell one value in two identity spaces apart."""
    return destination.writer not in WRITERS or WRITERS[destination.writer].keeps_spaces
