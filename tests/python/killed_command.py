"""A command in a process of its own that is killed in the middle; each such process imports this, so it is little."""

import multiprocessing
import os
import signal
from itertools import count
from typing import Any

from identity_graph.activation import delivery, kafka_topic
from identity_graph.cli import main
from identity_graph.streaming import kafka, lander, landing

# Processes begin where nothing of Kafka's runs yet, with what takes long imported.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["killed_command", "pandas", "identity_graph.streaming.contract"])
STEPS = {
    "write_events": (landing, "write_events"),
    "write_letters": (landing, "write_letters"),
    "put_in_place": (landing, "put_in_place"),
    "commit": (lander.Lander, "commit"),
    "send": (kafka.Publisher, "send"),
    "acknowledge": (kafka.Publisher, "_report"),
    "begin": (delivery, "begin"),
    "send_batch": (kafka_topic.KafkaWriter, "send"),
    "record": (delivery, "record"),
}


def killed_at(step: str, number: int, is_before: bool, arguments: list[str]) -> None:
    """Run a command in this process, which is killed at the given call of a step, before or after it."""
    owner, name = STEPS[step]
    function, calls = getattr(owner, name), count(1)

    def call(*given: Any, **named: Any) -> Any:
        is_now = next(calls) == number
        if is_now and is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*given, **named)
        if is_now:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, call)
    os._exit(main(arguments))


def run_killed(step: str, number: int, is_before: bool, *arguments: str) -> None:
    """Run a command in a process of its own, and see that it is killed there."""
    process = PROCESSES.Process(target=killed_at, args=(step, number, is_before, list(arguments)))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, (step, number, is_before, process.exitcode)
