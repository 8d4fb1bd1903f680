"""Every column says how it tells a person, and that is kept: in the seed, masked views, policy tags and grants."""

import copy
import csv
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
from conftest import DemoBuild
from dbt.adapters.bigquery.column import BigQueryColumn
from dbt.cli.main import dbtRunner
from dbt_runs import PROJECT
from google.cloud.bigquery import SchemaField

CLASSES = ("none", "pseudonymous", "personal", "secret")
MASKED = "marts_masked"
READ = "roles/bigquery.dataViewer"
with (PROJECT / "seeds" / "column_classes.csv").open(encoding="utf-8") as seed:
    CLASS_OF_NAME = {row["column_name"]: row["classification"] for row in csv.DictReader(seed)}

Manifest = dict[str, Any]


def tables_of(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """Models, seeds, snapshots and source tables, those that are switched off too."""
    for node in (*manifest["nodes"].values(), *manifest["sources"].values(), *sum(manifest["disabled"].values(), [])):
        if node["resource_type"] in ("model", "seed", "snapshot", "source"):
            yield node


def class_of(column: dict[str, Any]) -> str | None:
    return column["config"]["meta"].get("classification", CLASS_OF_NAME.get(column["name"]))


def is_explained(column: dict[str, Any]) -> bool:
    return bool(column["config"]["meta"].get("classification_reason"))


def unclassified(manifest: Manifest, stored: Iterable[tuple[str, str, str]]) -> list[str]:
    """Name columns without a class: of the YAML, and of what is stored (schema, table, column)."""
    described = [
        (node["name"], name, class_of(column))
        for node in tables_of(manifest)
        for name, column in node["columns"].items()
    ]
    classes = described + [(table, name, CLASS_OF_NAME.get(name)) for _, table, name in stored]
    return [f"{table}.{name} has the class {kind}" for table, name, kind in classes if kind not in CLASSES]


def exceptions(manifest: Manifest) -> list[str]:
    """Name columns whose YAML gives them another class than their name has, and does not say why."""
    return [
        f"{node['name']}.{name} is {class_of(column)}, and the name is {CLASS_OF_NAME.get(name)}"
        for node in tables_of(manifest)
        for name, column in node["columns"].items()
        if class_of(column) != CLASS_OF_NAME.get(name) and not is_explained(column)
    ]


def passed_on(manifest: Manifest) -> list[str]:
    """Name columns that tell nobody by their class, but have the name of a personal one in a table that is read.

    A reason does not help: who makes something harmless of a personal value gives it a name of its own.
    """
    tables = {node["unique_id"]: node for node in tables_of(manifest)}
    return [
        f"{node['name']}.{name} is none, but {parent['name']}.{name} is {class_of(parent['columns'][name])}"
        for node in tables.values()
        for parent in (tables.get(unique_id) for unique_id in node.get("depends_on", {}).get("nodes", []))
        if parent
        for name, column in node["columns"].items()
        if class_of(column) == "none" and class_of(parent["columns"].get(name, column)) in ("personal", "secret")
    ]


@pytest.fixture(scope="module")
def manifest(demo_build: DemoBuild) -> Manifest:
    return json.loads((demo_build.target / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stored(demo_build: DemoBuild) -> list[tuple[str, str, str]]:
    """Schema, table and name of each column of the demo's database."""
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        return connection.execute(
            """
            select schema_name, table_name, column_name from duckdb_columns()
            where
                not internal
                and database_name = current_database()
                -- What data tests found has the columns of what they test.
                and schema_name != 'test_failures'
            order by all
            """
        ).fetchall()


def column_of(manifest: Manifest, table: str, column: str) -> dict[str, Any]:
    (node,) = (node for node in tables_of(manifest) if node["name"] == table and node["resource_type"] != "source")
    return node["columns"][column]


def test_every_column_has_a_class(manifest, stored):
    assert len(stored) > 1000
    assert unclassified(manifest, [row for row in stored if row[0] != MASKED]) == []


def test_another_class_than_the_names_has_a_reason(manifest):
    assert exceptions(manifest) == []


def test_no_row_is_left_of_a_column_that_is_gone(manifest, stored):
    # Tables of sources that are switched off are described, not stored.
    names = {name for node in tables_of(manifest) for name in node["columns"]} | {name for *_, name in stored}
    assert set(CLASS_OF_NAME) - names == set()


def test_nothing_personal_is_passed_on_as_harmless(manifest):
    assert passed_on(manifest) == []


def test_a_column_without_a_class_is_named(manifest):
    faulty = copy.deepcopy(manifest)
    column_of(faulty, "sessions", "click_id")["name"] = "click"
    assert unclassified(faulty, []) == ["sessions.click_id has the class None"]
    # Of a source that is switched off, too.
    (events,) = (node for node in tables_of(faulty) if node.get("source_name") == "ga4")
    events["columns"]["user_id"]["config"]["meta"]["classification"] = "private"
    assert "events.user_id has the class private" in unclassified(faulty, [])


def test_a_stored_column_without_a_class_is_named(manifest):
    extra = [("marts", "users", "nickname"), ("marts", "diary", "entry"), ("marts", "users", "universal_id")]
    assert unclassified(manifest, extra) == ["users.nickname has the class None", "diary.entry has the class None"]


def test_another_class_needs_a_reason(manifest):
    faulty = copy.deepcopy(manifest)
    meta = column_of(faulty, "sessions", "click_id")["config"]["meta"]
    meta["classification"] = "none"
    assert exceptions(faulty) == ["sessions.click_id is none, and the name is pseudonymous"]
    meta["classification_reason"] = "A test."
    assert exceptions(faulty) == []


def test_a_reason_does_not_make_a_personal_value_harmless(manifest):
    faulty = copy.deepcopy(manifest)
    column_of(faulty, "users", "account_id")["config"]["meta"] |= {
        "classification": "none",
        "classification_reason": "A test.",
    }
    assert passed_on(faulty) == ["users.account_id is none, but shared_devices.account_id is personal"]


def test_masked_views_show_each_mart_without_what_tells_a_person(demo_build, stored):
    marts = {(table, column) for schema, table, column in stored if schema == "marts"}
    assert {(table, column) for schema, table, column in stored if schema == MASKED} == marts
    columns_told = defaultdict(list)
    for schema, table, column in stored:
        if schema != MASKED and CLASS_OF_NAME[column] != "none":
            columns_told[schema, table].append(f'cast("{column}" as varchar)')
    # Each table is read once: to plan a view over raw rows takes longer than to read it.
    told = " union all ".join(
        f'select unnest([{", ".join(columns)}]) as value from "{schema}"."{table}"'
        for (schema, table), columns in columns_told.items()
    )
    # Short values (ranks, `/cart`) stand anywhere by chance.
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        connection.execute(f"create temp table told as select distinct value from ({told}) where length(value) > 7")
        assert connection.execute("select count(*) from told").fetchall()[0][0] > 10_000
        shown = " union all ".join(
            f"select distinct '{table}' as mart, '{column}' as name, cast(\"{column}\" as varchar) as value"
            f' from {MASKED}."{table}"'
            for table, column in sorted(marts)
        )
        connection.execute(
            f"create temp table shown as select mart, name, value from ({shown}) where value is not null"
        )
        assert connection.execute("select mart, name, value from shown semi join told using (value)").fetchall() == []
        filled = connection.execute("select distinct mart, name from shown").fetchall()
    assert len(filled) > 100
    assert [(mart, name) for mart, name in filled if CLASS_OF_NAME[name] != "none"] == []


def test_masked_views_keep_every_row_and_what_tells_nobody(demo_build):
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        for columns in ("count(*), sum(event_count) from {}.sessions", "sum(revenue_amount) from {}.conversions"):
            masked, plain = (
                connection.execute(f"select {columns}".format(schema)).fetchall() for schema in (MASKED, "marts")
            )
            assert masked == plain


def render(macro: str, **context: Any) -> Any:
    """The macro of that name as jinja knows it, in a context of stubs."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    texts = [path.read_text(encoding="utf-8") for path in (PROJECT / "macros").glob("*/*.sql")]
    (text,) = [text for text in texts if f"macro {macro}(" in text]
    return getattr(environment.from_string(text, context).module, macro)


class RefusedError(Exception):
    """What a macro does not compile."""


def masked(
    columns: dict[str, Any], engine: str = "duckdb", readers: str = "", command: str = "build"
) -> tuple[list[str], list[Any]]:
    """Statements that make the masked view of a mart with these columns, and the grants on it."""
    statements: list[str] = []
    grants: list[Any] = []

    def refuse(message: str) -> None:
        raise RefusedError(message)

    create = render(
        "create_masked_view",
        execute=True,
        flags=SimpleNamespace(WHICH=command),
        this="marts.orders",
        model={"name": "orders", "columns": columns},
        target=SimpleNamespace(type=engine),
        api=SimpleNamespace(Relation=SimpleNamespace(create=lambda **_: "marts_masked.orders")),
        generate_schema_name=lambda name, _: name,
        exceptions=SimpleNamespace(raise_compiler_error=refuse),
        run_query=statements.append,
        apply_grants=lambda view, granted, should_revoke: grants.append((view, granted, should_revoke)),
        classes_of_columns=lambda: {"order_id": "personal", "id_number": "pseudonymous", "channel": "none"},
    )
    assert create(readers).strip() == ""
    return statements, grants


def test_masked_view_is_made_of_the_classification_or_not_at_all():
    def column(name: str, data_type: str | None = None, **meta: str) -> dict[str, Any]:
        return {"name": name, "data_type": data_type, "config": {"meta": meta}}

    columns = {
        "order_id": column("order_id", "string"),
        "id_number": column("id_number", "bigint"),
        "channel": column("channel"),
    }
    statement = (
        "create or replace view marts_masked.orders as select cast(null as string) as order_id,"
        " cast(null as bigint) as id_number, channel from marts.orders"
    )
    assert masked(columns) == ([statement], [])
    # DuckDB has no users.
    assert masked(columns, "duckdb", "group:a@example.com") == ([statement], [])
    granted = {READ: ["group:a@example.com", "user:b@example.com"]}
    assert masked(columns, "bigquery", "group:a@example.com,user:b@example.com")[1] == [
        ("marts_masked.orders", granted, True)
    ]
    # The view of a mart that dbt clone makes has the same columns, and its seeds may not be there.
    assert masked(columns, command="clone") == ([], [])
    for faulty in (column("note", "string"), column("note", classification="personal")):
        with pytest.raises(RefusedError, match="orders.note needs a row in the seed column_classes and a data_type"):
            masked(columns | {"note": faulty})


def test_policy_tags_follow_from_the_class():
    updates = {}
    adapter = SimpleNamespace(
        get_columns_in_relation=lambda _: [
            BigQueryColumn("anonymous_id", "STRING"),
            BigQueryColumn("user_id", "STRING"),
            BigQueryColumn("channel", "STRING"),
            BigQueryColumn("plan", "STRING"),
            BigQueryColumn("custom_keys", "RECORD", [SchemaField("key_value", "STRING")], "REPEATED"),
        ],
        update_columns=lambda relation, columns: updates.update({relation.name: columns}),
    )
    classes = {"anonymous_id": "pseudonymous", "user_id": "personal", "channel": "none", "custom_keys": "personal"}
    meta: dict[str, str] = {}
    documented = {name: {"description": f"The {name}.", "config": {"meta": {}}} for name in classes}
    names = {"IDENTITY_POLICY_TAG_PSEUDONYMOUS": "taxonomy/low"}
    alter = render(
        "bigquery__alter_column_comment",
        adapter=adapter,
        env_var=lambda name, default: names.get(name, default),
        classes_of_columns=lambda: classes,
        model={"config": {"meta": meta}},
    )

    def tagged(name: str, **relation: Any) -> dict[str, list[str]]:
        alter(SimpleNamespace(name=name, **relation), documented)
        return {column: update["policy_tags"] for column, update in updates[name].items() if update.get("policy_tags")}

    # What is personal is never less guarded than what is pseudonymous.
    low = ["taxonomy/low"]
    assert tagged("one", is_view=False) == {"anonymous_id": low, "user_id": low, "custom_keys.key_value": low}
    names["IDENTITY_POLICY_TAG_PERSONAL"] = "taxonomy/high"
    high = ["taxonomy/high"]
    assert tagged("two", is_view=False) == {"anonymous_id": low, "user_id": high, "custom_keys.key_value": high}
    assert tagged("view", is_view=True) == {}
    assert updates["two"]["channel"] == {"description": "The channel.", "policy_tags": []}

    # Columns that follow a seed are of the mart's class, whatever their names mean elsewhere.
    meta["class_of_other_columns"] = "personal"
    del documented["channel"]
    named = {"anonymous_id": low, "user_id": high, "custom_keys.key_value": high}
    assert tagged("three", is_view=False) == named | {"plan": high, "channel": high}


def test_grants_are_declared_for_bigquery_and_none_by_default(demo_build, manifest, tmp_path, monkeypatch):
    assert all(not node["config"].get("grants") for node in manifest["nodes"].values())
    for name in [name for name in os.environ if name.startswith("IDENTITY_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "DBT_PROFILES_DIR": demo_build.env["DBT_PROFILES_DIR"],
        "DBT_LOG_PATH": str(tmp_path),
        "IDENTITY_ANALYSTS": "group:analysts@example.com,user:ann@example.com",
        "IDENTITY_ACTIVATION": "serviceAccount:ads@example.com",
        "IDENTITY_POLICY_TAG_PERSONAL": "taxonomy/high",
    }.items():
        monkeypatch.setenv(name, value)
    parsed = dbtRunner().invoke(
        ["--quiet", "--warn-error", "parse", "--target", "bigquery", "--target-path", str(tmp_path)]
    )
    assert parsed.success, parsed.exception
    analysts = ["group:analysts@example.com", "user:ann@example.com"]
    configs = {node.name: node.config for node in parsed.result.nodes.values() if node.resource_type == "model"}
    assert configs["sessions"].grants == configs["metric_version_differences"].grants == {READ: analysts}
    assert configs["audiences"].grants == {READ: [*analysts, "serviceAccount:ads@example.com"]}
    granted = {node.name for node in parsed.result.nodes.values() if node.config.get("grants")}
    schemas = {node.schema for node in parsed.result.nodes.values() if node.name in granted}
    assert {schema.split("_")[-1] for schema in schemas} == {"marts"}
    assert all(config.persist_docs == {"columns": True} for config in configs.values())
