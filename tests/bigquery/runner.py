"""Run dbt as its command line does, except that Python models run here, by their DuckDB path.

Usage: python runner.py build --target bigquery ...

On BigQuery a Python model is a script for Dataproc. Offline there is none, so the functions of the very script that
would be submitted run in this process: `dbt.ref` reads the emulator's table into DuckDB, and what `model` returns is
loaded as a table.
"""

from __future__ import annotations

import io
import sys
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from dbt.adapters.bigquery.impl import BigQueryAdapter
from dbt.adapters.bigquery.python_submissions import PythonSubmissionResult
from dbt.cli.main import cli
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

SUBMISSION_STARTS = "dbt = dbtObj("


class LocalRun:
    """Stands where dbt submits a script to Dataproc."""

    def __init__(self, parsed_model: dict[str, Any], credentials: Any) -> None:
        """Take the model and the profile, as the helpers of dbt-bigquery do."""
        self.table = f"{parsed_model['database']}.{parsed_model['schema']}.{parsed_model['alias']}"
        self.client = bigquery.Client(
            project=credentials.database,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": credentials.api_endpoint},
        )

    def submit(self, compiled_code: str) -> PythonSubmissionResult:
        """Run the model's own functions and load what they return."""
        functions, found, _ = compiled_code.partition(SUBMISSION_STARTS)
        assert found, "the script that dbt-bigquery submits has changed its shape"
        own_lines = [line for line in functions.splitlines() if not line.startswith(("from pyspark", "spark"))]
        names: dict[str, Any] = {}
        exec("\n".join(own_lines), names)
        with duckdb.connect() as session:
            self.load(names["model"](names["dbtObj"](lambda table: self.read(session, table)), session))
        return PythonSubmissionResult(run_id="local", compiled_code=compiled_code)

    def read(self, session: duckdb.DuckDBPyConnection, table: str) -> duckdb.DuckDBPyRelation:
        """Read a table or view of the emulator into DuckDB."""
        name = table.replace("`", "")
        rows = self.client.query_and_wait(f"select * from `{name}`").to_arrow(create_bqstorage_client=False)
        rows = with_time_zone(rows, None)  # noqa: F841
        copy = name.rpartition(".")[2]
        session.execute(f"create or replace temp table {copy} as select * from rows")
        return session.table(copy)

    def load(self, rows: pa.Table) -> None:
        """Write the rows in place of what the table holds."""
        file = io.BytesIO()
        pq.write_table(with_time_zone(rows, "UTC"), file)
        file.seek(0)
        job = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
        self.client.load_table_from_file(file, self.table, job_config=job).result()


def with_time_zone(rows: pa.Table, time_zone: str | None) -> pa.Table:
    """Timestamps are UTC on both sides: BigQuery says so in the type, this project's models on DuckDB do not."""
    for position, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            kind = pa.timestamp("us", time_zone)
            rows = rows.set_column(position, field.name, rows.column(position).cast(kind))
    return rows


if __name__ == "__main__":
    BigQueryAdapter.python_submission_helpers = {"serverless": LocalRun}
    cli(sys.argv[1:])
