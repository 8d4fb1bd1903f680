"""Tell what tables hold; run by DuckDB of any version, so that answers of two versions can be compared.

Reads from standard input `{"database": path or null, "tables": {name: what stands after from}}` and prints, by name,
the columns, the number of rows and a hash of all rows whatever their order.
"""

import hashlib
import json
import sys
from typing import Any

import duckdb


def read_tables(database: str | None, tables: dict[str, str]) -> dict[str, Any]:
    """Return columns (name and type), rows (a count) and a digest of each table."""
    answer = {}
    with duckdb.connect(database or ":memory:", read_only=database is not None) as connection:
        for name, place in tables.items():
            columns = connection.execute(f"describe select * from {place}").fetchall()
            rows = sorted(repr(row) for row in connection.execute(f"select * from {place}").fetchall())
            digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            answer[name] = {"columns": [list(column[:2]) for column in columns], "rows": len(rows), "digest": digest}
    return answer


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({"version": duckdb.__version__, "tables": read_tables(asked["database"], asked["tables"])}, sys.stdout)
