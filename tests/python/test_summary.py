"""What the summary of a build suggests."""

import csv
import io
import shutil
from pathlib import Path

import duckdb

from identity_graph.build_summary import read_summary
from identity_graph.cli import main
from identity_graph.page.marts import open_marts
from identity_graph.summary import summary_lines, taxonomy_rows
from identity_graph.text import counted

TAXONOMY = Path(__file__).parents[2] / "seeds" / "event_taxonomy.csv"


def test_rows_for_the_taxonomy_can_be_pasted_into_the_seed():
    rows = taxonomy_rows([("Checkout, step 2", "1", "track"), ("page_view", "9", "page")])
    text = TAXONOMY.read_text(encoding="utf-8") + rows + "\n"
    *_, first, second = csv.DictReader(io.StringIO(text))
    assert (first["event_name"], first["schema_version"], first["event_type"]) == ("Checkout, step 2", "1", "track")
    assert (second["event_name"], second["schema_version"], second["event_type"]) == ("page_view", "9", "page")
    assert first["is_conversion"] == first["is_consent_change"] == "false"
    assert first["lifecycle_status"] == "active"
    assert None not in first and None not in first.values(), "as many values as the seed has columns"


def test_summary_of_a_build_that_failed_says_so(tmp_path, capsys):
    database = tmp_path / "half.duckdb"
    duckdb.connect(str(database)).close()
    assert main(["summary", "--database", str(database)]) == 2
    assert "there is no table marts.event_volume" in capsys.readouterr().err


def test_a_load_that_did_not_finish_is_told(demo_build, tmp_path, capsys):
    database = tmp_path / demo_build.path.name
    shutil.copy(demo_build.path, database)
    commands = (["summary", "--database", str(database)], ["explain", "nobody", "--database", str(database)])

    def notes() -> list[bool]:
        found = []
        for command in commands:
            main(command)
            found.append("did not finish" in capsys.readouterr().err)
        with open_marts(database, is_masked=True):
            return [*found, "did not finish" in capsys.readouterr().err]

    assert notes() == [False, False, False]
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "insert into intermediate.event_loads by name"
            " select max(load_number) + 1 as load_number, max(started_at) as started_at, false as is_complete"
            " from intermediate.event_loads"
        )
    assert notes() == [True, True, True]


def test_one_is_no_plural():
    assert counted(1, "person", "persons") == "1 person"
    assert counted(2, "person", "persons") == "2 persons"
    assert counted(1234, "person", "persons") == "1,234 persons"


def test_refunds_are_counted_apart_and_taken_off_the_revenue(demo_build, tmp_path):
    shutil.copy(demo_build.path, tmp_path / demo_build.path.name)
    with duckdb.connect(str(tmp_path / demo_build.path.name)) as connection:
        connection.execute("delete from marts.conversions where revenue_amount is null or currency_code != 'EUR'")
        connection.execute("update marts.conversions set revenue_amount = 10")
        ((orders,),) = connection.execute("select count(*) from marts.conversions").fetchall()
        connection.execute(
            "update marts.conversions set is_refund = true, revenue_amount = -4"
            " where conversion_id = (select min(conversion_id) from marts.conversions)"
        )
        text = "\n".join(summary_lines(read_summary(connection)))
    assert f"{orders - 1} conversions, 1 refund\n" in text
    assert f"Revenue    {(orders - 1) * 10 - 4:,} EUR, refunds taken off" in text
