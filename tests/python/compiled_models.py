"""Run the SQL of one model or data test, as dbt compiled it, on small tables."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

Row = tuple[Any, ...]


def run_compiled(target: Path, model: str, tables: dict[str, tuple[str, Iterable[Row]]]) -> list[Row]:
    """Return the rows of a model, or those that a data test finds.

    Args:
        target: the folder into which dbt compiled the project, for a database called graph.
        model: name of the model, or of the data test.
        tables: columns with their types, and rows, of each table that it reads, by `schema.table`.

    """
    # What a unit test gives in place of a model lies in the folder of its YAML, under the model's name.
    found = [*(target / "compiled").rglob(f"models/**/{model}.sql"), *(target / "compiled").rglob(f"tests/{model}.sql")]
    (compiled,) = (path for path in found if path.parent.suffix != ".yml")
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as graph; use graph")
        for name, (columns, rows) in tables.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}; create table {name} ({columns})")
            # All rows at once: a statement a row takes a hundred times as long.
            if values := [*zip(*rows, strict=True)]:
                connection.register("given", pa.table(values, [str(number) for number in range(len(values))]))
                connection.execute(f"insert into {name} from given")
        return connection.execute(compiled.read_text(encoding="utf-8")).fetchall()
