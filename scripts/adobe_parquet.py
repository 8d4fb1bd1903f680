"""Files of an Adobe Analytics Data Feed as Parquet files with the names of their columns.

A delivery holds the rows (`hit_data.tsv`, packed .gz or not) and the names of their columns (`column_headers.tsv`)
apart, and a backslash stands before a tab, a line break or a backslash within a value.

    python scripts/adobe_parquet.py --headers day/column_headers.tsv --into exports/adobe/hits day/hit_data.tsv

A row with too few or too many values ends the script, and so does text in another encoding; its file is not written.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb


def column_names(headers: Path) -> list[str]:
    """Names in their order; a name that comes again has a number."""
    names: list[str] = []
    for name in headers.read_text(encoding="utf-8").rstrip("\r\n").split("\t"):
        names.append(f"{name}_{len(names)}" if name in names else name)
    return names


def parquet_file(data: Path, into: Path) -> Path:
    """Where the rows of a file go. Deliveries call their files alike, so the folder is part of the name."""
    name = data.name.removesuffix(".gz").removesuffix(".tsv")
    return into / f"{data.resolve().parent.name}-{name}.parquet"


def convert(data: Path, names: Sequence[str], target: Path, encoding: str) -> int:
    """Write a file of hits as Parquet, every value as text, and give the number of its rows."""
    unfinished = target.with_suffix(".unfinished")
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"copy (from {reader(data, names, encoding)}) to {quoted(str(unfinished))} (format parquet)"
        ).fetchone()
        # DuckDB leaves out what comes after the last column, so only rows that fill one more are found here.
        longer = connection.execute(
            f"select count(*) from {reader(data, [*names, 'one more'], encoding, ignore_errors=True)}"
        ).fetchone()
    if longer and longer[0]:
        unfinished.unlink()
        sys.exit(f"{data}: {longer[0]} row(s) have more values than the {len(names)} columns that the headers name.")
    unfinished.rename(target)
    return rows[0] if rows else 0


def reader(data: Path, names: Sequence[str], encoding: str, ignore_errors: bool = False) -> str:
    """Give what reads a file of hits in SQL, every value as text."""
    columns = ", ".join(f"{quoted(name)}: 'varchar'" for name in names)
    return (
        f"read_csv({quoted(str(data))}, columns = {{{columns}}}, auto_detect = false, header = false,"
        " delim = chr(9), quote = '', escape = chr(92), strict_mode = false, parallel = false,"
        f" ignore_errors = {ignore_errors}, encoding = {quoted(encoding)})"
    )


def quoted(text: str) -> str:
    """Give a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def main(arguments: Sequence[str]) -> None:
    """Convert the files that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path, help="files of hits, as delivered and unpacked")
    parser.add_argument("--headers", required=True, type=Path, help="column_headers.tsv of the same feed and time")
    parser.add_argument("--into", required=True, type=Path, help="folder of the Parquet files: exports/adobe/hits")
    parser.add_argument("--encoding", default="utf-8", choices=["utf-8", "latin-1"], help="latin-1 is ISO-8859-1")
    named = parser.parse_args(arguments)
    names = column_names(named.headers)
    named.into.mkdir(parents=True, exist_ok=True)
    for data in named.data:
        target = parquet_file(data, named.into)
        if target.exists():
            sys.exit(f"{target} is there already; a file that was read is not written again.")
        try:
            rows = convert(data, names, target, named.encoding)
        except duckdb.Error as error:
            sys.exit(f"{data}: {error}")
        print(f"{target}: {rows} hits")


if __name__ == "__main__":
    main(sys.argv[1:])
