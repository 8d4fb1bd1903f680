"""Kafka as the commands use it: settings, an idempotent publisher, and a consumer that commits only what it is told."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from identity_graph.project import CommandError

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message

BOOTSTRAP_SERVERS = "IDENTITY_KAFKA_BOOTSTRAP_SERVERS"
CONFIG = "IDENTITY_KAFKA_CONFIG"
# How long a broker may take to say which topics there are, in seconds.
ANSWER_SECONDS = 15.0


def add_kafka_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of every command that opens a connection to Kafka."""
    parser.add_argument(
        "--bootstrap-servers", metavar="HOST:PORT", help=f"brokers, with commas between (default: {BOOTSTRAP_SERVERS})"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help=f"more settings of librdkafka, a line each: security.protocol=SASL_SSL (default: {CONFIG})",
    )


def client_settings(
    servers: str | None, config: str | None, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Settings of a client: those of the file, and the brokers of the argument or of the environment before its own.

    Args:
        servers: what --bootstrap-servers says.
        config: what --config says.
        environment: variables that stand for the arguments.

    Raises:
        CommandError: the file cannot be read, or nothing names a broker.

    """
    file = config or environment.get(CONFIG)
    settings = read_settings(Path(file)) if file else {}
    named = servers or environment.get(BOOTSTRAP_SERVERS)
    if named:
        settings["bootstrap.servers"] = named
    if not settings.get("bootstrap.servers"):
        raise CommandError(f"no broker is named: give --bootstrap-servers HOST:PORT, or set {BOOTSTRAP_SERVERS}.")
    return settings


def read_settings(file: Path) -> dict[str, str]:
    """Lines `name=value` of a file, without empty ones and those that begin with #.

    Raises:
        CommandError: the file cannot be read, or a line is no setting; the line may hold a secret and is not shown.

    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    settings = {}
    for number, line in enumerate(lines, 1):
        name, sign, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not sign or not name.strip():
            raise CommandError(f"line {number} of {file} is no setting: write name=value, as librdkafka names it.")
        settings[name.strip()] = value.strip()
    return settings


def library() -> Any:
    """The module confluent_kafka.

    Raises:
        CommandError: it is not installed.

    """
    try:
        import confluent_kafka
    except ImportError as error:
        raise CommandError("confluent-kafka is not installed: run make setup-kafka.") from error
    return confluent_kafka


class Publisher:
    """Sends messages to topics, each once and in the order of its key, and counts what brokers acknowledged.

    What the producer repeats is the same message to the broker (enable.idempotence). A message counts as acknowledged
    once all replicas that are in step have it.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Open a producer.

        Raises:
            CommandError: confluent-kafka is not installed, refuses a setting, or no broker answers.

        """
        self.kafka = library()
        self.acknowledged: dict[str, int] = {}
        self.failed: dict[str, int] = {}
        self.last_error: str | None = None
        fixed = {"enable.idempotence": True, "acks": "all", "log_level": 2}
        self.producer = made(self.kafka, self.kafka.Producer, {"linger.ms": 20} | dict(settings) | fixed)
        partitions_of(self.kafka, self.producer, None)

    def send(self, topic: str, key: str, value: bytes) -> None:
        """Hand a message to the producer; it waits while the queue is full. `flush` tells what came of it."""
        while True:
            try:
                self.producer.produce(topic, value, key=key.encode(), on_delivery=self._report)
                break
            except BufferError:
                self.producer.poll(0.5)
            except self.kafka.KafkaException as error:
                # What is larger than a message may be is refused at once.
                self._note(topic, error.args[0])
                break
        self.producer.poll(0)

    def flush(self) -> bool:
        """Wait until each message was acknowledged or given up; false if any was given up since the beginning."""
        while self.producer.flush(1.0):
            pass
        return not self.failed

    def _report(self, error: KafkaError | None, message: Message) -> None:
        topic = str(message.topic())
        if error is not None:
            self._note(topic, error)
        else:
            self.acknowledged[topic] = self.acknowledged.get(topic, 0) + 1

    def _note(self, topic: str, error: KafkaError) -> None:
        self.failed[topic] = self.failed.get(topic, 0) + 1
        self.last_error = error.str()


def open_consumer(settings: Mapping[str, str], group: str) -> Consumer:
    """A consumer that commits nothing by itself, and says where a partition ends.

    Raises:
        CommandError: confluent-kafka is not installed, or refuses a setting.

    """
    kafka = library()
    fixed = {
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        # Messages that are gone are to be told, and not passed over.
        "auto.offset.reset": "error",
        "log_level": 2,
    }
    return made(kafka, kafka.Consumer, dict(settings) | fixed)


def made(kafka: Any, kind: Any, settings: Mapping[str, Any]) -> Any:
    """A client of a kind.

    Raises:
        CommandError: librdkafka refuses a setting.

    """
    try:
        return kind(dict(settings))
    except kafka.KafkaException as error:
        raise CommandError(f"Kafka's client refuses the settings: {error.args[0].str()}.") from error


def partitions_of(kafka: Any, client: Any, topic: str | None) -> list[int]:
    """Partitions of a topic in their order; none where it does not exist. Without a topic it only asks for an answer.

    Raises:
        CommandError: no broker answers, or it does not let the client see the topic.

    """
    try:
        found = (
            client.list_topics(topic, timeout=ANSWER_SECONDS) if topic else client.list_topics(timeout=ANSWER_SECONDS)
        )
    except kafka.KafkaException as error:
        raise CommandError(
            f"no broker answers ({error.args[0].str()}): look at --bootstrap-servers, and at what the brokers ask for."
        ) from error
    if topic is None:
        return []
    described = found.topics[topic]
    if described.error is not None and described.error.code() != kafka.KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise CommandError(f"the topic {topic} cannot be read: {described.error.str()}.")
    return sorted(described.partitions)
