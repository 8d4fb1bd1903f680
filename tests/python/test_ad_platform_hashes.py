"""Hashes that ad platforms ask for: told again in Python, made where they are asked for alone, and erased."""

import csv
import json
import random
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import OPTIONAL_MARTS
from dbt_runs import Dbt, copy_of_project

TYPES = ("google_email_hash", "google_phone_hash", "meta_email_hash", "meta_phone_hash")
# All but the optional models, some of which are there to hand the hashes on.
BUILD = ("build", "--exclude-resource-type", "test", "unit_test", *OPTIONAL_MARTS)
BUILD_DEFAULT = (*BUILD, "--exclude", "config.meta.is_optional:true,resource_type:model")
HASH = re.compile("[0-9a-f]{64}")
ERASED = "u7"

Row = dict[str, Any]


@dataclass(frozen=True)
class Contact:
    """An address and a phone as they are sent, and the hashes of each that platforms ask for."""

    email: str | None
    phone: str | None
    keys: dict[str, str]


def hashed(text: str) -> str:
    """Its SHA-256 in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def random_address(chance: random.Random) -> tuple[str | None, dict[str, str]]:
    """An address with its hashes, or what is none."""
    if chance.random() < 0.15:
        return chance.choice([None, "", "none", "a.b@c@gmail.com", "no.at.sign.gmail.com"]), {}
    words = ["".join(chance.choices("abcxyz019", k=chance.randint(2, 6))) for _ in range(chance.randint(1, 3))]
    tag = chance.choice(["", "", "+news", "+a.b"])
    domain = chance.choice(["gmail.com", "googlemail.com", "example.com", "notgmail.com", "mail.gmail.com"])
    is_gmail = domain in ("gmail.com", "googlemail.com")
    google = ("".join(words) + tag.replace(".", "") if is_gmail else ".".join(words) + tag) + f"@{domain}"
    written = f"{'.'.join(words)}{tag}@{domain}"
    keys = {"google_email_hash": hashed(google), "meta_email_hash": hashed(written)}
    return chance.choice(["", " "]) + chance.choice([str.lower, str.upper, str.title])(written) + chance.choice(
        ["", "  "]
    ), keys


def random_phone(chance: random.Random) -> tuple[str | None, dict[str, str]]:
    """A phone with its hashes, or what is none, or one of no stated country."""
    if chance.random() < 0.15:
        return chance.choice([None, "", "unknown", "+49", "+1234567890123456", "+0000000000"]), {}
    country = chance.choice(["1", "44", "49", "358"])
    groups = ["".join(chance.choices("2345679", k=3)) for _ in range(3)]
    written = chance.choice([" ", "-", ".", ""]).join(groups) + chance.choice(["", "", " ext. 12"])
    begins = chance.choice(["+", "00", ""])
    if not begins:
        return f"0{written}", {}
    number = country + "".join(groups)
    keys = {"google_phone_hash": hashed(f"+{number}"), "meta_phone_hash": hashed(number)}
    return f"{begins}{country}{chance.choice([' ', '-', ' (0)'])}{written}", keys


def contacts() -> list[Contact]:
    """Random ones, and of one person what stands nowhere else."""
    chance = random.Random(11)
    drawn = []
    for _ in range(400):
        email, of_email = random_address(chance)
        phone, of_phone = random_phone(chance)
        drawn.append(Contact(email, phone, of_email | of_phone))
    of_erased = {
        "google_email_hash": hashed("johnsmith+news@gmail.com"),
        "google_phone_hash": hashed("+12125650000"),
        "meta_email_hash": hashed("john.smith+news@gmail.com"),
        "meta_phone_hash": hashed("12125650000"),
    }
    drawn[int(ERASED[1:])] = Contact("John.Smith+News@Gmail.com ", "+1 (212) 565-0000", of_erased)
    return drawn


def ask_for(project: Path, types: tuple[str, ...]) -> None:
    """Switch on destinations of these identifier types, and no other with a hash."""
    path = project / "seeds" / "destinations.csv"
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["identifier_type"] not in TYPES]
    for identifier_type in types:
        rows.append(
            {
                "destination_name": f"ads_{identifier_type}",
                "identifier_type": identifier_type,
                "writer": "csv",
                "min_confidence": "0.8",
                "sends_merges": "false",
                "is_enabled": "true",
                "owner": "growth",
            }
        )
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def stored_keys(database: Path) -> dict[str, dict[str, str] | None]:
    """The custom keys of each stored event."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(connection.execute("select event_id, custom_keys from intermediate.int_events_received").fetchall())


def hashes_by_table(database: Path) -> dict[str, set[str]]:
    """What looks like a SHA-256 in any column of each table."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        return {
            f"{schema}.{table}": {
                found
                for (row,) in connection.execute(
                    f'select cast(named as varchar) from "{schema}"."{table}" as named'
                ).fetchall()
                for found in HASH.findall(row)
            }
            for schema, table in tables
        }


@dataclass(frozen=True)
class Runs:
    """What was found after each run."""

    sent: list[Contact]
    keys_before: dict[str, dict[str, str] | None]
    staging_before: str
    refusal: str
    keys: dict[str, dict[str, str] | None]
    hashes: dict[str, set[str]]
    observed_key_types: set[str]
    email_hashes: set[str]
    database: Path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A run that is asked for no hash, one that is for the first time, one that reads all again, and an erasure."""
    folder = tmp_path_factory.mktemp("ad_platforms")
    project = copy_of_project(folder / "project")
    sent = contacts()
    with (folder / "events.ndjson").open("w") as file:
        for number, contact in enumerate(sent):
            event = {
                "event_id": f"e{number}",
                "event_name": "page_view",
                "occurred_at": f"2026-01-05 10:{number % 60:02}:00",
                "anonymous_id": f"a{number}",
                "user_id": f"u{number}",
                "email": contact.email,
                "phone": contact.phone,
                # Instead of an address, of which none can be made.
                "email_hash": hashed(f"{number}@example.org") if contact.email is None else None,
            }
            file.write(json.dumps(event) + "\n")
    requests = folder / "requests.csv"
    requests.write_text("subject_type,subject,requested_at,space_id,reason\n")
    events = str(folder / "events.ndjson")
    dbt = Dbt(folder, project, {"IDENTITY_EVENTS": events, "IDENTITY_ERASURE_REQUESTS": str(requests)})

    ask_for(project, ())
    done = dbt(*BUILD, "--select", "+int_events_received")
    assert done.success, done.output
    keys_before = stored_keys(dbt.database)
    (staging,) = (dbt.target / "compiled").rglob("stg_generic__events.sql")
    staging_before = staging.read_text()

    ask_for(project, TYPES)
    refused = dbt(*BUILD, "--select", "+int_events_received")
    assert not refused.success

    done = dbt(*BUILD_DEFAULT, "--full-refresh")
    assert done.success, done.output
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        key_types, email_hashes = (
            {value for (value,) in connection.execute(f"select distinct {column} from intermediate.{table}").fetchall()}
            for column, table in (("key_type", "int_identity_observations"), ("email_hash", "int_events_received"))
        )
    found = (stored_keys(dbt.database), hashes_by_table(dbt.database), key_types, email_hashes)

    with requests.open("a") as file:
        file.write(f"user_id,{ERASED},2026-03-01T00:00:00Z,,asked by mail\n")
    done = dbt(*BUILD_DEFAULT)
    assert done.success, done.output
    return Runs(sent, keys_before, staging_before, "\n".join(refused.errors), *found, dbt.database)


def test_no_hash_is_made_where_none_is_asked_for(runs):
    assert not any(runs.keys_before.values())
    assert not [key_type for key_type in TYPES if key_type in runs.staging_before]


def test_who_switches_a_destination_on_is_told_to_read_all_events_again(runs):
    assert "destinations (google_email_hash)" in runs.refusal
    assert "run dbt build --full-refresh" in runs.refusal


def test_hashes_are_those_of_what_was_sent(runs):
    assert sum(len(contact.keys) == len(TYPES) for contact in runs.sent) > 100
    for number, contact in enumerate(runs.sent):
        assert (runs.keys[f"e{number}"] or {}) == contact.keys, contact


def test_hashes_link_nobody_and_stand_in_no_other_table(runs):
    assert {"user_id", "email_hash"} <= runs.observed_key_types
    assert not runs.observed_key_types & set(TYPES)
    made = {key for contact in runs.sent for key in contact.keys.values()}
    # Of an address without dots and tag theirs is ours, too.
    only_theirs = made - runs.email_hashes
    assert len(only_theirs) > 200
    holders = {table for table, hashes in runs.hashes.items() if hashes & only_theirs}
    assert holders == {"intermediate.int_events_received"}


def test_hashes_of_who_is_erased_go_with_the_events(runs):
    erased = set(runs.sent[int(ERASED[1:])].keys.values())
    assert len(erased) == len(TYPES)
    assert not {table for table, hashes in hashes_by_table(runs.database).items() if hashes & erased}
    with duckdb.connect(str(runs.database), read_only=True) as connection:
        emptied = connection.execute(
            "select custom_keys from intermediate.int_events_received where rejection_reason = 'erased'"
        ).fetchall()
    assert emptied == [(None,)]
