"""Publish what audiences changed to a Kafka topic: activate, for a destination whose writer is kafka.

    identity-graph publish --dry-run
    identity-graph publish --topic audience-changes --bootstrap-servers localhost:9092
    identity-graph publish --destination outbox_topic --resend

Sends each row of the outbox that was not acknowledged yet as a message of JSON: its key is the recipient, its value has
the idempotency key, audience, operation and reason. A batch is recorded once the brokers have acknowledged all of its
messages. One whose record was lost is published again, with the same idempotency keys, by which readers leave out what
they have. docs/streaming.md says what is promised.

Exit code: 0 = all was acknowledged (or counted), 1 = a broker did not take everything, 2 = bad arguments, no database,
no such destination, or no broker.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from identity_graph import activate
from identity_graph.activation.kafka_topic import TOPIC
from identity_graph.activation.ledger import open_ledger
from identity_graph.activation.protocol import Destination, variable
from identity_graph.database import add_database_argument, find_database
from identity_graph.project import CommandError
from identity_graph.streaming.kafka import BOOTSTRAP_SERVERS, CONFIG, add_kafka_arguments

NAME = "publish"
WRITER = "kafka"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "--destination", metavar="NAME", default="outbox_topic", help="a row of the seed destinations (%(default)s)"
    )
    parser.add_argument("--topic", help=f"the topic of the messages (default: {TOPIC})")
    parser.add_argument("--dry-run", action="store_true", help="only count what is pending, by operation and reason")
    parser.add_argument("--resend", action="store_true", help="publish all again")
    parser.add_argument(
        "--batch-size",
        type=activate.row_count,
        default=1000,
        metavar="ROWS",
        help="rows that are recorded at once (default: %(default)s)",
    )
    add_kafka_arguments(parser)
    add_database_argument(parser)
    # Activate takes a folder, which a topic does without.
    parser.set_defaults(out=Path("target/activation"))


def run(options: argparse.Namespace) -> int:
    """Activate the destination, and return the exit code.

    Raises:
        CommandError: there is no database of a finished build, no such destination, or no broker.

    """
    with open_ledger(find_database(options.database), read_only=True) as ledger:
        ledger.last_load()
        (destination,) = activate.chosen(ledger.destinations(), options.destination)
    if destination.writer != WRITER:
        raise CommandError(
            f"{destination.name} has the writer {destination.writer}: run identity-graph activate, or name a"
            f" destination whose writer is {WRITER}."
        )
    return activate.run_with(options, {**os.environ, **told(destination, options)})


def told(destination: Destination, options: argparse.Namespace) -> dict[str, str]:
    """What the arguments say, as the environment variables in which writers look for it."""
    given = {
        variable(destination, "TOPIC"): options.topic,
        BOOTSTRAP_SERVERS: options.bootstrap_servers,
        CONFIG: options.config,
    }
    return {name: value for name, value in given.items() if value}
