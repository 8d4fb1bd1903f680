"""Run what dbt-bigquery submits to Dataproc on local Spark instead: spark_runner.py <folder of tables> <script> ...

The data source `bigquery` is one that keeps each table, project.dataset.table, as a folder of Parquet files.
"""

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql.datasource import DataSource, DataSourceArrowWriter, DataSourceReader, WriterCommitMessage

SPARK_TYPES = {
    "int64": "bigint",
    "string": "string",
    "bool": "boolean",
    "double": "double",
    "timestamp[us, tz=UTC]": "timestamp",
}


class ParquetReader(DataSourceReader):
    """Reads all files of a folder."""

    def __init__(self, folder: Path) -> None:  # noqa: D107
        self.folder = folder

    def read(self, partition: object) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the table."""
        yield from pq.read_table(self.folder).to_batches()


class ParquetWriter(DataSourceArrowWriter):
    """Writes a file a partition."""

    def __init__(self, folder: Path) -> None:  # noqa: D107
        self.folder = folder

    def write(self, iterator: Iterator[pa.RecordBatch]) -> WriterCommitMessage:
        """Write the rows of one partition."""
        self.folder.mkdir(exist_ok=True)
        for batch in iterator:
            pq.write_table(pa.Table.from_batches([batch]), self.folder / f"{uuid.uuid4()}.parquet")
        return WriterCommitMessage()


def bigquery_in(tables: Path) -> type[DataSource]:
    """Return a data source that stands for BigQuery and keeps its tables in a folder."""

    class BigQuery(DataSource):
        @classmethod
        def name(cls) -> str:
            return "bigquery"

        @property
        def folder(self) -> Path:
            return tables / self.options["path"]

        def schema(self) -> str:
            fields = pq.read_schema(next(self.folder.iterdir()))
            return ", ".join(f"{field.name} {SPARK_TYPES[str(field.type)]}" for field in fields)

        def reader(self, schema: object) -> ParquetReader:
            return ParquetReader(self.folder)

        def writer(self, schema: object, overwrite: bool) -> ParquetWriter:
            return ParquetWriter(self.folder)

    return BigQuery


def main(tables: Path, scripts: list[Path]) -> None:
    """Run the scripts one after the other; each gets the session that is made here."""
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.shuffle.partitions", 2)
        .config("spark.default.parallelism", 2)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", False)
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    spark.dataSource.register(bigquery_in(tables))
    for script in scripts:
        print(f"-- {script.name}", flush=True)
        exec(compile(script.read_text(), script, "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
