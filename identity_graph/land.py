"""Land a Kafka topic as Parquet files that a build reads.

    identity-graph land /data/events --once --bootstrap-servers localhost:9092
    identity-graph land /data/events --max-messages 100000 --max-seconds 300

Reads the messages that `identity-graph collect` published, or any JSON in the columns of the generic source, and writes
them to files whose names say topic, partition, first and last offset. Each message is in one file, and in one only: a
file gets its name when it is whole, offsets are committed after that, and what is read begins behind the last file. A
message that is no object of JSON goes to the folder dead-letters beside the files. Without --once it goes on until it
is told to stop (Ctrl-C or SIGTERM), and then lands what it has. docs/streaming.md says what is promised.

Exit code: 0 = landed, 1 = some messages were no JSON, or were deleted from the topic before they were landed, 2 = bad
arguments, no broker, no such topic, or a folder that belongs to another.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from identity_graph.collect import TOPIC
from identity_graph.project import CommandError
from identity_graph.streaming.kafka import add_kafka_arguments, client_settings
from identity_graph.text import counted

if TYPE_CHECKING:
    from identity_graph.streaming.lander import Totals

NAME = "land"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("folder", help="the folder of the files: set IDENTITY_EVENTS to FOLDER/*.parquet")
    parser.add_argument("--topic", default=TOPIC, help="the topic to read (default: %(default)s)")
    parser.add_argument(
        "--group", default="identity-graph-land", help="the consumer group that offsets are committed for (%(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="stop at the end of the partitions as they are now")
    parser.add_argument(
        "--max-messages", type=int, default=50_000, metavar="N", help="of a file (default: %(default)s)"
    )
    parser.add_argument(
        "--max-seconds", type=float, default=60.0, metavar="S", help="until a file is closed (default: %(default)s)"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=60.0,
        metavar="S",
        help="with --once: without an answer (default: %(default)s)",
    )
    add_kafka_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Land the topic, print what was landed and return the exit code.

    Raises:
        CommandError: bad arguments, Kafka cannot be read, or the folder cannot be written.

    """
    if options.max_messages < 1 or not (0 < options.max_seconds < math.inf and 0 < options.patience < math.inf):
        raise CommandError("--max-messages, --max-seconds and --patience have to be above 0.")
    settings = client_settings(options.bootstrap_servers, options.config)
    # It brings pyarrow along, which takes a second that other sub-commands do without.
    from identity_graph.streaming.lander import Lander, Limits, held

    limits = Limits(options.max_messages, options.max_seconds, options.once, options.patience)
    folder, signals = Path(options.folder), list[int]()

    def stop(number: int, _: Any) -> None:
        signals.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with held(folder, options.topic):
            lander = Lander(settings, options.group, options.topic, folder, limits)
            try:
                totals = lander.run(lambda: bool(signals))
            finally:
                lander.close()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    print(report(totals, folder, options.topic))
    for note in totals.notes:
        print(f"  ! {note}", file=sys.stderr)
    return 1 if totals.dead_letters or totals.gone else 0


def report(totals: Totals, folder: Path, topic: str) -> str:
    """What was landed, as text."""
    said = f"{counted(totals.events, 'event')} of {topic} landed in {counted(totals.files, 'file')} in {folder}."
    if totals.dead_letters:
        said += f" {counted(totals.dead_letters, 'message')} of it are no JSON object: see {folder / 'dead-letters'}."
    if totals.gone:
        said += f" {counted(totals.gone, 'message')} had been deleted from the topic before: see below."
    return said
