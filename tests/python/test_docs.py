"""What a reader opens is true and complete: the docs page, and the queries of README and docs with their answers."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pytest

from identity_graph.build_summary import read_summary
from identity_graph.summary import summary_lines

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "docs").glob("*.md")))
EXPLANATIONS = sorted(set(re.findall(r"```console\n\$ identity-graph (explain .*)\n((?:.*\n)+?)```", README + PAGES)))
QUERIES = sorted(set(re.findall(r"```sql\n((?:(?!```).*\n)+)```\n\n((?:\|.*\n)+)", README + PAGES)))


def cell_text(value: object) -> str:
    return "" if value is None else str(value)


def markdown_rows(table: str) -> list[list[str]]:
    header, _, *rows = table.strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (header, *rows)]


def test_the_readme_has_examples():
    assert len(QUERIES) >= 10
    assert len(EXPLANATIONS) == 2


def test_the_readme_shows_what_the_summary_prints(demo_build):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        assert "\n".join(summary_lines(read_summary(connection))) in README


@pytest.mark.parametrize(("query", "answer"), QUERIES)
def test_readme_query_gives_the_answer_shown(optional_build, query, answer):
    with duckdb.connect(str(optional_build.path), read_only=True) as connection:
        cursor = connection.execute(query)
        header = [column[0] for column in cursor.description]
        rows = [[cell_text(value) for value in row] for row in cursor.fetchall()]
    assert [header, *rows] == markdown_rows(answer)


@pytest.mark.parametrize(("command", "answer"), EXPLANATIONS)
def test_readme_explanation_is_what_the_command_prints(demo_build, command, answer):
    done = subprocess.run(
        [sys.executable, "-m", "identity_graph", *command.split()],
        cwd=demo_build.project,
        env=demo_build.env,
        capture_output=True,
        text=True,
    )
    assert done.stdout == answer


def test_every_table_and_column_is_described(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    # The table that hooks write is described as a source.
    described = {("intermediate", source["identifier"]): source for source in manifest["sources"].values()}
    described |= {
        (node["schema"], node["alias"]): node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
    }
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        columns = connection.execute(
            """
            select schema_name, table_name, column_name from duckdb_columns()
            where not internal and database_name = current_database()
                and schema_name in ('staging', 'intermediate', 'marts', 'seeds')
            """
        ).fetchall()
    assert len(columns) > 300
    # Marts and seeds say what each column means; between them a name is described once.
    nodes = (*described.values(), *sum(manifest["disabled"].values(), []))
    known = {name for node in nodes for name, column in node.get("columns", {}).items() if column["description"]}
    undescribed = [
        f"{schema}.{table}.{column}"
        for schema, table, column in columns
        if not described[(schema, table)]["description"]
        or column not in (described[(schema, table)]["columns"] if schema in ("marts", "seeds") else known)
    ]
    assert undescribed == []


def test_every_public_mart_is_read_by_an_exposure_that_has_an_owner(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    exposures = manifest["exposures"].values()
    public = {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["access"] == "public"
    }
    assert len(public) > 20
    assert public - {name for exposure in exposures for name in exposure["depends_on"]["nodes"]} == set()
    assert [exposure["name"] for exposure in exposures if not exposure["owner"]["email"]] == []


def test_an_exposure_is_a_file_that_reads_what_it_says(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    for exposure in manifest["exposures"].values():
        file = demo_build.project / exposure["config"]["meta"]["file"]
        text = "".join(page.read_text(encoding="utf-8") for page in (file.glob("*.md") if file.is_dir() else [file]))
        marts = {name.split(".")[-1] for name in exposure["depends_on"]["nodes"]}
        # The export takes whatever is public.
        if "selectattr('access', 'eq', 'public')" not in text:
            read = set(re.findall(r"(?:\bmarts\.|ref\(')(\w+)", text))
            assert marts == read & models, exposure["name"]


def test_every_macro_is_described(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    macros = [macro for macro in manifest["macros"].values() if macro["package_name"] == "identity_graph"]
    assert len(macros) > 40
    # A dispatched macro is described once, under the name it is called by.
    names = [macro["name"] for macro in macros if "__" not in macro["name"] and not macro["description"]]
    assert names == []


def test_the_docs_page_stands_alone(demo_build, tmp_path):
    # In a folder of its own: what is compiled for a build with events is not what other tests read in the demo's.
    settings = demo_build.dbt.environment | {"IDENTITY_DUCKDB_PATH": str(demo_build.path)}
    dbt = replace(demo_build.dbt, folder=tmp_path, environment=settings)
    assert dbt("docs", "generate", "--static").success
    page = (dbt.target / "static_index.html").read_text(encoding="utf-8")
    assert "users_history" in page
    assert not re.findall(r"<(?:script|link)[^>]+(?:src|href)=[\"']https?://", page)


def test_the_architecture_names_every_model(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    models = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["package_name"] == "identity_graph"
    }
    assert set(re.findall(r"^\| `(\w+)` \|", page.split("## Every model")[1], re.MULTILINE)) == models


def test_the_overview_of_the_docs_page_leads_to_models_that_are_there(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    overview = manifest["docs"]["doc.identity_graph.__overview__"]["block_contents"]
    assert set(re.findall(r"#!/model/([\w.]+)", overview)) <= set(manifest["nodes"])
    named = {node["name"] for node in manifest["nodes"].values()} | {"source:generic"}
    for selection in re.findall(r"g_i=([^)&]+)", overview):
        assert {unquote(name).strip("+") for name in selection.split("%20")} <= named
    linked = set(re.findall(r"\[(\w+)\]\(#!", overview))
    public = {node["name"] for node in manifest["nodes"].values() if node.get("access") == "public"}
    assert public - linked == set()


def test_exposures_lead_to_pages_that_are_there(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    urls = {exposure["url"] for exposure in manifest["exposures"].values() if exposure["url"]}
    # Links begin in target/, where the docs page lies.
    pages = {url: (PROJECT / "target" / url).resolve() for url in urls if url.startswith("../")}
    assert len(pages) >= 5
    assert [url for url, page in pages.items() if not page.exists()] == []


def test_bookkeeping_stands_apart_in_the_lineage(demo_build):
    manifest = json.loads((demo_build.target / "manifest.json").read_text())
    colours = {
        name: node["docs"]["node_color"]
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
    }
    assert None not in colours.values()
    assert len(set(colours.values())) == 6
    assert colours["model.identity_graph.int_changed_visitors"] == colours["model.identity_graph.int_removed_events"]
    assert colours["model.identity_graph.int_changed_visitors"] != colours["model.identity_graph.int_events"]
