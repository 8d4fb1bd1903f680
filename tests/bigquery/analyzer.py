"""Put the SQL that dbt compiled and ran through the analyzer of GoogleSQL, and name what it refuses.

Usage: python analyzer.py ENDPOINT PROJECT FOLDER...

Emulators run more than BigQuery does: they hand functions that they do not know to the database beneath. ZetaSQL is the
parser and analyzer that BigQuery itself is built on. It knows no plan, so what BigQuery refuses only then is looked for
here: an outer join needs an equality between its two sides.
"""

from __future__ import annotations

import ctypes
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlglot
import wasmtime
from column_reads import Read, Table, reads_of, resolved_statement
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from sqlglot import exp
from zetasql.api import TypeFactory
from zetasql.core import wasm_client
from zetasql.core.exceptions import ZetaSQLError
from zetasql.core.local_service import ZetaSqlLocalService
from zetasql.types import (
    AnalyzeRequest,
    AnalyzerOptions,
    LanguageOptions,
    NameResolutionMode,
    ParseResumeLocation,
    ProductMode,
    SimpleCatalog,
    SimpleColumn,
    SimpleTable,
    Type,
    TypeKind,
    ZetaSQLBuiltinFunctionOptions,
)

KINDS = {
    "STRING": TypeKind.TYPE_STRING,
    "BYTES": TypeKind.TYPE_BYTES,
    "INTEGER": TypeKind.TYPE_INT64,
    "FLOAT": TypeKind.TYPE_DOUBLE,
    "NUMERIC": TypeKind.TYPE_NUMERIC,
    "BIGNUMERIC": TypeKind.TYPE_BIGNUMERIC,
    "BOOLEAN": TypeKind.TYPE_BOOL,
    "TIMESTAMP": TypeKind.TYPE_TIMESTAMP,
    "DATE": TypeKind.TYPE_DATE,
    "DATETIME": TypeKind.TYPE_DATETIME,
    "TIME": TypeKind.TYPE_TIME,
    "JSON": TypeKind.TYPE_JSON,
}
# Other names that BigQuery gives its types.
ALIASES = {"BIGINT": "INTEGER", "INT": "INTEGER", "SMALLINT": "INTEGER", "INTEGER": "INTEGER", "DECIMAL": "NUMERIC"}
SHARD = re.compile(r"(\w+_)\d{8}")
TEMPORARY = re.compile(r"`([^`]+)`\.`([^`]+)`\.`((\w+?)__dbt_tmp\d*)`")


def cached_module(engine: wasmtime.Engine, path: str) -> wasmtime.Module:
    """Compile the analyzer once a machine: that takes most of a minute, loading what came of it a second."""
    cache = Path(tempfile.gettempdir()) / "-".join(["zetasql", version("zetasql"), "wasmtime", version("wasmtime")])
    if cache.exists():
        return wasmtime.Module.deserialize_file(engine, str(cache))
    module = wasmtime.Module(engine, Path(path).read_bytes())
    cache.write_bytes(module.serialize())
    return module


def write_bytes(self: Any, pointer: int, data: bytes) -> None:
    """Copy at once what the package copies byte by byte."""
    ctypes.memmove(ctypes.addressof(self.memory.data_ptr().contents) + pointer, data, len(data))


def read_bytes(self: Any, pointer: int, size: int) -> bytes:
    """Copy at once what the package copies byte by byte."""
    return ctypes.string_at(ctypes.addressof(self.memory.data_ptr().contents) + pointer, size)


class Analyzer:
    """The analyzer with the tables of the emulator as its catalog."""

    def __init__(self, endpoint: str, project: str, earlier: Analyzer | None = None) -> None:
        """Start the analyzer and read the emulator's tables.

        Args:
            endpoint: where the emulator listens.
            project: the project whose tables are read.
            earlier: an analyzer whose tables are known as well; the run since may have dropped some when it ended.

        """
        wasm_client.Module = type("Module", (), {"from_file": staticmethod(cached_module)})
        wasm_client.WasmClient.write_bytes = write_bytes
        wasm_client.WasmClient.read_bytes = read_bytes
        self.service = ZetaSqlLocalService.get_instance()
        self.language = LanguageOptions(
            name_resolution_mode=NameResolutionMode.NAME_RESOLUTION_DEFAULT, product_mode=ProductMode.PRODUCT_EXTERNAL
        )
        self.language.enable_maximum_language_features()
        self.language.reserved_keywords = ["QUALIFY"]
        self.options = AnalyzerOptions(language_options=self.language, default_timezone="UTC")
        self.client = bigquery.Client(
            project=project, credentials=AnonymousCredentials(), client_options={"api_endpoint": endpoint}
        )
        self.project = project
        self.described = {
            f"{dataset.dataset_id}.{table.table_id}": self.client.get_table(table.reference)
            for dataset in self.client.list_datasets()
            for table in self.client.list_tables(dataset.dataset_id)
        }
        self.datasets: dict[str, dict[str, list[SimpleColumn]]] = {}
        for table in self.described.values():
            self.datasets.setdefault(table.dataset_id, {})[table.table_id] = self.columns(table)
        for dataset, tables in (earlier.datasets if earlier else {}).items():
            self.datasets[dataset] = tables | self.datasets.get(dataset, {})
        suffix = SimpleColumn(
            name="_TABLE_SUFFIX", type=TypeFactory.create_simple_type(TypeKind.TYPE_STRING), is_pseudo_column=True
        )
        for tables in self.datasets.values():
            # A wildcard has the columns of its newest shard.
            for name in sorted(tables):
                if shard := SHARD.fullmatch(name):
                    tables[f"{shard[1]}*"] = [*tables[name], suffix]

    def columns(self, table: bigquery.Table) -> list[SimpleColumn]:
        """Columns of a table; of one partitioned by ingestion time, the pseudo columns too."""
        columns = [SimpleColumn(name=f.name, type=field_type(f), is_writable_column=True) for f in table.schema]
        if table.time_partitioning is not None and table.time_partitioning.field is None:
            kind = TypeFactory.create_simple_type(TypeKind.TYPE_TIMESTAMP)
            columns.append(SimpleColumn(name="_PARTITIONTIME", type=kind, is_pseudo_column=True))
        return columns

    def tables(self, statements: Iterable[str]) -> dict[str, dict[str, list[SimpleColumn]]]:
        """Columns of all tables, and of those that stood only while dbt ran, by dataset and name."""
        text = TypeFactory.create_simple_type(TypeKind.TYPE_STRING)
        datasets = {name: dict(tables) for name, tables in self.datasets.items()}
        for statement in statements:
            for _, dataset, name, base in TEMPORARY.findall(statement):
                if base in datasets.get(dataset, {}):
                    columns = datasets[dataset][base]
                    # What a snapshot compares stands with a word for what becomes of it.
                    is_snapshot = any(column.name == "dbt_scd_id" for column in columns)
                    change = [SimpleColumn(name="dbt_change_type", type=text)] if is_snapshot else []
                    datasets[dataset].setdefault(name, columns + change)
        return datasets

    def catalog(self, datasets: dict[str, dict[str, list[SimpleColumn]]]) -> SimpleCatalog:
        """Catalog of tables."""
        text, count = (TypeFactory.create_simple_type(kind) for kind in (TypeKind.TYPE_STRING, TypeKind.TYPE_INT64))
        partitions = SimpleTable(
            name="PARTITIONS",
            column=[
                SimpleColumn(name="table_name", type=text),
                SimpleColumn(name="partition_id", type=text),
                SimpleColumn(name="total_rows", type=count),
            ],
        )
        schema = SimpleCatalog(name="INFORMATION_SCHEMA", table=[partitions])
        aliases = [
            SimpleCatalog.NamedType(name=alias, type=TypeFactory.create_simple_type(KINDS[kind]))
            for alias, kind in ALIASES.items()
        ]
        return SimpleCatalog(
            name="bigquery",
            named_type=aliases,
            builtin_function_options=ZetaSQLBuiltinFunctionOptions(language_options=self.language),
            catalog=[
                SimpleCatalog(
                    name=self.project,
                    catalog=[
                        SimpleCatalog(
                            name=dataset,
                            catalog=[schema],
                            table=[
                                # With the dataset, as the name stands in what the analyzer resolves.
                                SimpleTable(name=f"{dataset}.{name}", name_in_catalog=name, column=columns)
                                for name, columns in tables.items()
                            ],
                        )
                        for dataset, tables in datasets.items()
                    ],
                )
            ],
        )

    def refusals(self, statements: dict[str, str]) -> dict[str, str]:
        """Return what is refused, with the reason.

        Args:
            statements: SQL by a name of it; a text may hold several statements.

        """
        catalog = self.catalog(self.tables(statements.values()))
        registered = self.service.register_catalog(simple_catalog=catalog).registered_id
        refused = {}
        for name, text in statements.items():
            try:
                self.analyze(text, registered)
            except ZetaSQLError as error:
                refused[name] = str(error).splitlines()[0]
                continue
            if joins := list(unequal_outer_joins(text)):
                refused[name] = "outer join without an equality: " + joins[0]
        return refused

    def reads(self, statements: dict[str, str]) -> dict[str, list[set[Read]]]:
        """Return what each statement of each text reads of which tables, by the text's name.

        Args:
            statements: SQL by a name of it, that which made the views among them; a text may hold several statements.

        Raises:
            ZetaSQLError: one of them is refused.

        """
        datasets = self.tables(statements.values())
        registered = self.service.register_catalog(simple_catalog=self.catalog(datasets)).registered_id
        tables = {
            f"{dataset}.{name}": Table(tuple(column.name for column in columns))
            for dataset, named in datasets.items()
            for name, columns in named.items()
        }
        # What the analyzer is told of every dataset.
        tables["PARTITIONS"] = Table(())
        for name, table in self.described.items():
            clustered_by = (table.clustering_fields or [None])[0]
            tables[name] = replace(tables[name], partition_column=partition_column(table), cluster_column=clustered_by)
        resolved = {
            name: [resolved_statement(response) for response in self.analyze(text, registered)]
            for name, text in statements.items()
        }
        for statement in (statement for text in resolved.values() for statement in text):
            if statement.name == "CreateViewStmt":
                name = ".".join(statement.all("name_path")[-2:])
                tables[name] = replace(tables[name], view=statement)
        return {name: [reads_of(statement, tables) for statement in text] for name, text in resolved.items()}

    def analyze(self, text: str, catalog: int) -> list[bytes]:
        """Analyze each statement of a text.

        Returns:
            the responses, serialized: the trees in them nest deeper than the protobuf library reads.

        Raises:
            ZetaSQLError: one of them is refused.

        """
        requests = (
            AnalyzeRequest(sql_statement=statement, options=self.options, registered_catalog_id=catalog)
            for statement in self.split(text)
        )
        return [
            self.service.wasm_client._call_grpc_method(
                "ZetaSqlLocalService_Analyze", request.to_proto().SerializeToString()
            )
            for request in requests
        ]

    def split(self, text: str) -> Iterator[str]:
        """Split a text into statements, as the parser of GoogleSQL does."""
        encoded = text.encode()
        location = ParseResumeLocation(input=text, byte_position=0)
        while encoded[location.byte_position :].strip():
            start = location.byte_position
            location.byte_position = self.service.extract_table_names_from_next_statement(
                parse_resume_location=location, options=self.language
            ).resume_byte_position
            yield encoded[start : location.byte_position].decode()


def partition_column(table: bigquery.Table) -> str | None:
    """Name of the column by which a table is partitioned."""
    if table.time_partitioning is not None:
        return table.time_partitioning.field or "_PARTITIONTIME"
    return table.range_partitioning.field if table.range_partitioning is not None else None


def field_type(field: bigquery.SchemaField) -> Type:
    """Type of a column, lists and structs included."""
    if field.field_type in ("RECORD", "STRUCT"):
        kind = TypeFactory.create_struct_type([(part.name, field_type(part)) for part in field.fields])
    else:
        kind = TypeFactory.create_simple_type(KINDS[field.field_type])
    return TypeFactory.create_array_type(kind) if field.mode == "REPEATED" else kind


def unequal_outer_joins(text: str) -> Iterator[str]:
    """Outer joins whose condition is no equality between columns of two tables, `and`ed with anything."""
    for statement in sqlglot.parse(text, dialect="bigquery"):
        for join in statement.find_all(exp.Join) if statement else []:
            condition = join.args.get("on")
            if not join.side or condition is None:
                continue
            parts = condition.flatten() if isinstance(condition, exp.And) else [condition]
            if not any(isinstance(part, exp.EQ) and are_apart(part.this, part.expression) for part in parts):
                yield join.sql(dialect="bigquery")[:200]


def are_apart(one: exp.Expression, other: exp.Expression) -> bool:
    """Whether two expressions read columns of different tables."""
    tables = [{column.table for column in side.find_all(exp.Column)} for side in (one, other)]
    return all(tables) and not tables[0] & tables[1]


def statements_in(folders: Iterable[Path]) -> dict[str, str]:
    """All SQL that lies under the folders, by path.

    Fixtures are left out: they stand in the unit tests' own statements too, and tests that run at once write over each
    other's files.
    """
    files = [path for folder in folders for path in sorted(folder.rglob("*.sql")) if path.is_file()]
    texts = {str(path): path.read_text() for path in files}
    return {
        path: text for path, text in texts.items() if text.strip() and not text.lstrip().startswith("-- Fixture for")
    }


if __name__ == "__main__":
    endpoint, project, *folders = sys.argv[1:]
    found = statements_in(Path(folder) for folder in folders)
    refused = Analyzer(endpoint, project).refusals(found)
    for path, reason in refused.items():
        print(f"{path}\n    {reason}")
    print(f"{len(found)} files analyzed, {len(refused)} refused")
    sys.exit(bool(refused) or not found)
