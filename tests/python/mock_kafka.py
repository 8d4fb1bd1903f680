"""librdkafka's own mock cluster: brokers in the process of the tests, for clients of any process, with errors."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import confluent_kafka

PRODUCER = 0
# Requests by their numbers in Kafka's protocol.
PRODUCE, FETCH, OFFSET_COMMIT = 0, 1, 8
# Errors by their numbers: the connection breaks, the leader has moved, replicas are missing, the group may not commit.
TRANSPORT, NOT_LEADER, NOT_ENOUGH_REPLICAS, REFUSED = -195, 6, 19, 30


def librdkafka() -> ctypes.CDLL:
    """The library that confluent-kafka brings along, with the types of what is called."""
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(folder.glob("librdkafka*"))))
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, result, *arguments in (
        ("conf_new", pointer),
        ("conf_set", number, pointer, text, text, text, ctypes.c_size_t),
        ("new", pointer, number, pointer, text, ctypes.c_size_t),
        ("destroy", None, pointer),
        ("mock_cluster_new", pointer, pointer, number),
        ("mock_cluster_destroy", None, pointer),
        ("mock_cluster_bootstraps", text, pointer),
        ("mock_topic_create", number, pointer, text, number, number),
        ("mock_push_request_errors_array", None, pointer, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(number)),
        ("mock_clear_request_errors", None, pointer, ctypes.c_int16),
        ("mock_partition_delete_records", number, pointer, text, ctypes.c_int32, ctypes.c_int64),
    ):
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return library


@dataclass(frozen=True)
class Cluster:
    """A mock cluster."""

    library: ctypes.CDLL
    handle: int

    @property
    def servers(self) -> str:
        """Addresses of its brokers."""
        return self.library.rd_kafka_mock_cluster_bootstraps(self.handle).decode()

    def create(self, topic: str, partitions: int) -> None:
        """Make a topic."""
        assert self.library.rd_kafka_mock_topic_create(self.handle, topic.encode(), partitions, 1) == 0

    def fail(self, request: int, *errors: int) -> None:
        """Answer the next requests of a kind by these errors, one each."""
        array = (ctypes.c_int * len(errors))(*errors)
        self.library.rd_kafka_mock_push_request_errors_array(self.handle, request, len(errors), array)

    def delete_before(self, topic: str, partition: int, offset: int) -> None:
        """Delete what a partition has before an offset."""
        assert self.library.rd_kafka_mock_partition_delete_records(self.handle, topic.encode(), partition, offset) == 0

    def mend(self, request: int) -> None:
        """Answer requests of a kind as they should be again."""
        self.library.rd_kafka_mock_clear_request_errors(self.handle, request)


@contextmanager
def mock_cluster(brokers: int = 3) -> Iterator[Cluster]:
    """A cluster as long as the context lasts."""
    library = librdkafka()
    said = ctypes.create_string_buffer(512)
    settings = library.rd_kafka_conf_new()
    library.rd_kafka_conf_set(settings, b"log_level", b"0", said, 512)
    client = library.rd_kafka_new(PRODUCER, settings, said, 512)
    assert client, said.value
    handle = library.rd_kafka_mock_cluster_new(client, brokers)
    yield Cluster(library, handle)
    library.rd_kafka_mock_cluster_destroy(handle)
    library.rd_kafka_destroy(client)
