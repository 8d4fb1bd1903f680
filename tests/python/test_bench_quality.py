"""What `make quality` measures with: it builds what it reads, and prints what the mart says."""

import inspect
import re

import duckdb
from bench_quality import SELECTION, quality_table


def test_builds_all_that_it_reads(demo_build):
    listed = demo_build.dbt("ls", "--resource-type", "model", "--select", *SELECTION)
    assert listed.success, listed.output
    built = {name.rpartition(".")[2] for name in listed.result}
    assert set(re.findall(r"marts\.(\w+)", inspect.getsource(quality_table))) <= built


def test_table_has_a_row_for_each_scope(demo_build):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        scopes, precision = connection.execute(
            "select count(*), max(pair_precision) filter (where scope = 'all keys, after closure')"
            " from marts.identity_quality"
        ).fetchall()[0]
    table = quality_table(demo_build.path)
    assert table.count("\n|") == scopes + 1
    assert f"| {precision:.3f} |" in table.splitlines()[2]
