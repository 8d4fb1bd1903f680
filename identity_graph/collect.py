"""Check events as SDKs send them, and publish them to a Kafka topic.

    identity-graph collect payloads.ndjson --bootstrap-servers localhost:9092
    tail -F collector.log | identity-graph collect --stamp
    identity-graph collect payloads.ndjson --dry-run

Reads JSON, a payload a line: calls of Segment's spec and batches of them, bodies of GA4's Measurement Protocol, and
rows in the columns of the generic source. Each event is held to the taxonomy and to the vars of the project, as a build
holds it. What a build would reject goes to the topic of dead letters, with the reason and the payload as it was sent;
anything else goes to the topic of events, in the generic source's columns. An event without an id gets the hash of what
was sent, so that a payload that is collected twice is one event. docs/streaming.md says what is promised.

Exit code: 0 = all events were published, 1 = some were refused, or not acknowledged by a broker, 2 = bad arguments, no
project, or no broker.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from identity_graph.project import CommandError, Project, find_project, read_csv
from identity_graph.streaming.kafka import Publisher, add_kafka_arguments, client_settings
from identity_graph.text import columns, counted

if TYPE_CHECKING:
    from identity_graph.streaming.collector import Judge, Totals

NAME = "collect"
TOPIC, DEAD_LETTERS = "identity-events", "identity-events-dead-letter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="files of payloads (default: standard input)")
    parser.add_argument("--topic", default=TOPIC, help="the topic of events (default: %(default)s)")
    parser.add_argument(
        "--dead-letter-topic", metavar="TOPIC", default=DEAD_LETTERS, help="of refused payloads (default: %(default)s)"
    )
    parser.add_argument(
        "--stamp",
        action="store_true",
        help="write down when an event came in, where it does not say so: for a live stream, and not for old files",
    )
    parser.add_argument("--dry-run", action="store_true", help="check, and publish nothing")
    add_kafka_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Publish all payloads, print what came of them and return the exit code.

    Raises:
        CommandError: no project, a file cannot be read, or no broker answers.

    """
    # They bring DuckDB along, which the other sub-commands do without until they need it.
    from identity_graph.streaming.collector import Totals, blocks_of, count_lines

    for file in options.files:
        # Before anything is published, so that nothing is half done for want of a file.
        if not Path(file).exists() or Path(file).is_dir():
            raise CommandError(f"{file} is no file: name files of payloads, or none to read standard input.")
    judge = judge_of(find_project())
    publisher = None if options.dry_run else Publisher(client_settings(options.bootstrap_servers, options.config))
    totals = Totals()
    try:
        for name in options.files or ["-"]:
            with opened(name) as stream:
                for lines in blocks_of(stream):
                    totals.lines += count_lines(lines)
                    for event in judge.judge(lines, datetime.now(UTC) if options.stamp else None):
                        totals.add(event)
                        if publisher:
                            topic = options.dead_letter_topic if event.reason else options.topic
                            publisher.send(topic, event.event_id, event.message)
    except KeyboardInterrupt:
        # Whoever stops a stream wants to know what came of what it had taken.
        print("stopped", file=sys.stderr)
    is_acknowledged = publisher.flush() if publisher else True
    print(*report(totals, publisher, options.topic, options.dead_letter_topic), sep="\n")
    return 0 if is_acknowledged and not totals.refused else 1


def report(totals: Totals, publisher: Publisher | None, topic: str, dead_letter_topic: str) -> list[str]:
    """What became of the events, as lines of text."""
    sent = publisher.acknowledged if publisher else {}
    refused = totals.refused.total()
    lines = [
        f"{counted(totals.lines, 'line')} with {counted(totals.events, 'event')}: {totals.accepted:,} accepted,"
        f" {refused:,} refused."
    ]
    if totals.unregistered:
        lines.append(f"The taxonomy does not list {counted(totals.unregistered, 'event')} of those accepted.")
    if totals.refused:
        lines += columns(["refused because", "events"], sorted(totals.refused.items()))
    if publisher is None:
        return [*lines, "Nothing was published."]
    lines.append(
        f"Acknowledged: {sent.get(topic, 0):,} of {totals.accepted:,} by {topic},"
        f" {sent.get(dead_letter_topic, 0):,} of {refused:,} by {dead_letter_topic}."
    )
    if publisher.failed:
        lines.append(
            f"Not acknowledged: {sum(publisher.failed.values()):,}, the last because of: {publisher.last_error}."
            " Collect the same payloads again; what arrives twice has the same event id."
        )
    return lines


def judge_of(project: Project) -> Judge:
    """What payloads are read by and held to in a project.

    Raises:
        CommandError: a seed cannot be read.

    """
    from identity_graph.streaming.collector import Judge
    from identity_graph.streaming.contract import contract_of
    from identity_graph.streaming.payloads import Reading, raw_names

    contract = contract_of(project)
    names = read_csv(project.seed("raw_columns.csv"))[1]
    reading = Reading(
        event_names=frozenset(contract.versions),
        names={source: raw_names(names, source) for source in ("segment", "ga4")},
        consent_categories=tuple(project.var("segment_consent_categories", {}) or ()),
    )
    return Judge(reading, contract)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file of payloads, or standard input.

    Raises:
        CommandError: the file cannot be read.

    """
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    with file:
        yield file
