"""Tests of the event generator: it is deterministic, exact in size, and its truth covers its events."""

from datetime import date
from pathlib import Path

import duckdb
import generate_events
import pytest

ROWS = 20_000
RAW_COLUMNS = [
    "event_id", "event_name", "occurred_at", "anonymous_id", "event_type", "received_at", "sent_at", "user_id", "email",
    "email_hash", "phone", "ip_address", "account_id", "click_id", "device_id", "space_id", "page_url", "referrer",
    "user_agent", "has_consent", "order_id", "revenue", "currency", "schema_version", "properties",
]  # fmt: skip
MALFORMED_CONDITIONS = {
    "no event id": "event_id is null",
    "no event name": "event_name is null",
    "unparsable time": "occurred_at is null",
    "implausible time, past": "occurred_at < timestamp '1971-01-01'",
    "implausible time, future": "occurred_at >= timestamp '2199-01-01'",
    "no id at all": "coalesce(anonymous_id, user_id, email, phone, device_id) is null",
    "order without order id": "event_name = 'order_completed' and order_id is null",
    "order without revenue": "event_name = 'order_completed' and revenue is null",
    "sign-up without user": "event_name = 'signed_up' and user_id is null",
}
DEMO = Path(__file__).parents[2] / "seeds" / "demo"
DEMO_ARGUMENTS = ["--events", "20000", "--seed", "7", "--days", "45", "--start", "2026-01-05", "--text-times"]


def generate(folder: Path, name: str, *arguments: str) -> tuple[Path, Path]:
    """Run the command line; returns the path of the events and of the truth."""
    out, truth = folder / name, folder / f"{Path(name).stem}.truth.parquet"
    generate_events.main(["--out", str(out), "--truth", str(truth), *arguments])
    return out, truth


def query(sql: str) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def rows(path: Path) -> list[tuple]:
    """All rows of a Parquet file in the order of the file."""
    return query(f"from '{path}'")


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A stream of ROWS events with timestamps, and its truth."""
    return generate(tmp_path_factory.mktemp("stream"), "events.parquet", "--events", str(ROWS))


def test_columns_and_row_count_are_exact(stream: tuple[Path, Path]) -> None:
    described = query(f"describe from '{stream[0]}'")
    assert [column[0] for column in described] == RAW_COLUMNS
    types = {column[0]: column[1] for column in described}
    other_types = {"occurred_at": "TIMESTAMP", "received_at": "TIMESTAMP", "sent_at": "TIMESTAMP",
                   "has_consent": "BOOLEAN", "revenue": "DOUBLE"}  # fmt: skip
    assert types == {name: other_types.get(name, "VARCHAR") for name in RAW_COLUMNS}
    assert len(rows(stream[0])) == ROWS


@pytest.mark.parametrize("count", [1, 37, 1000])
def test_small_streams_have_the_exact_row_count(tmp_path: Path, count: int) -> None:
    assert len(rows(generate(tmp_path, "events.parquet", "--events", str(count), "--days", "1")[0])) == count


def test_same_seed_gives_same_rows(stream: tuple[Path, Path], tmp_path: Path) -> None:
    again = generate(tmp_path, "events.parquet", "--events", str(ROWS))
    assert rows(again[0]) == rows(stream[0])
    assert rows(again[1]) == rows(stream[1])


def test_different_seed_gives_different_ids(stream: tuple[Path, Path], tmp_path: Path) -> None:
    other = generate(tmp_path, "events.parquet", "--events", str(ROWS), "--seed", "8")
    common = query(f"select anonymous_id from '{stream[1]}' intersect select anonymous_id from '{other[1]}'")
    assert common == []


def test_chunks_do_not_share_people_or_ids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(generate_events, "CHUNK_EVENTS", 2000)
    events, truth = generate(tmp_path, "events.parquet", "--events", "5000")
    assert len(rows(events)) == 5000
    assert query(f"select anonymous_id from '{truth}' group by all having count(*) > 1") == []
    event_ids = query(f"select count(distinct event_id), count(event_id) from '{events}'")[0]
    assert event_ids[1] - event_ids[0] == 50  # the duplicates


def test_rows_are_in_order_of_received_at(stream: tuple[Path, Path]) -> None:
    received_at = [row[RAW_COLUMNS.index("received_at")] for row in rows(stream[0])]
    assert received_at == sorted(received_at)


def test_truth_covers_every_anonymous_id_exactly_once(stream: tuple[Path, Path]) -> None:
    events, truth = stream
    in_events = query(
        f"select distinct coalesce(space_id, 'default'), anonymous_id from '{events}' where anonymous_id is not null"
    )
    assert sorted(in_events) == sorted(query(f"select space_id, anonymous_id from '{truth}'"))


def test_persons_live_in_one_space_and_hold_one_account(stream: tuple[Path, Path]) -> None:
    for limited in ("space_id", "account_id"):
        broken = f"select person_id from '{stream[1]}' group by all having count(distinct {limited}) > 1"
        assert query(broken) == []
    assert query(f"select count(distinct space_id) from '{stream[1]}'") == [(2,)]


def test_accounts_on_events_are_those_of_the_truth(stream: tuple[Path, Path]) -> None:
    differing = f"""
        select * from '{stream[0]}' events join '{stream[1]}' truth using (anonymous_id)
        where events.account_id is distinct from truth.account_id and events.account_id is not null
    """
    assert query(differing) == []


def test_agencies_hold_several_accounts(stream: tuple[Path, Path]) -> None:
    agencies = query(
        f"select split_part(person_id, '-', 1) from '{stream[1]}' where person_id like '%-a%' "
        "group by all having count(distinct account_id) > 1"
    )
    assert len(agencies) >= 2


def test_duplicates_are_one_percent_and_differ_in_received_at_only(stream: tuple[Path, Path]) -> None:
    repeated = query(f"select count(event_id) - count(distinct event_id) from '{stream[0]}'")
    assert repeated == [(ROWS // 100,)]
    contents = query(f"select count(*) from (select distinct * exclude (received_at) from '{stream[0]}')")
    assert contents == [(ROWS - ROWS // 100,)]


@pytest.mark.parametrize("kind", MALFORMED_CONDITIONS)
def test_every_malformed_kind_is_present(stream: tuple[Path, Path], kind: str) -> None:
    count = query(f"select count(*) from '{stream[0]}' where {MALFORMED_CONDITIONS[kind]}")[0][0]
    assert 5 <= count <= 20


def test_sent_at_corrects_the_clock_of_the_device(stream: tuple[Path, Path]) -> None:
    """Corrected times fall on the days asked for; the uncorrected ones of skewed devices are hours off."""
    corrected, skewed = query(f"""
        select
            count(*) filter (where received_at - (sent_at - occurred_at) not between '2026-01-05' and '2026-03-07'),
            count(*) filter (where abs(date_diff('minute', sent_at, received_at)) > 50)
        from '{stream[0]}'
        where sent_at is not null and occurred_at between '2000-01-01' and '2100-01-01'
            and event_id in (select event_id from '{stream[0]}' group by all having count(*) = 1)
    """)[0]
    assert corrected == 0
    assert skewed > 0


def test_server_orders_repeat_browser_orders_without_a_device(stream: tuple[Path, Path]) -> None:
    copies = query(f"""
        select count(*), count(coalesce(server.user_id, server.email))
        from '{stream[0]}' server join '{stream[0]}' browser using (order_id)
        where server.anonymous_id is null and server.sent_at is null and browser.anonymous_id is not null
            and server.event_id != browser.event_id
    """)[0]
    assert copies[0] > 20
    assert copies[0] == copies[1]


def test_shared_clicks_are_false_links(tmp_path: Path) -> None:
    def people_per_click(rate: str) -> int:
        events, truth = generate(tmp_path, f"rate_{rate}.parquet", "--events", "5000", "--shared-click-rate", rate)
        return query(f"""
            select count(*) from (
                select regexp_extract(page_url, '[?&](gclid|fbclid|ttclid|msclkid)=[^&]+') as click
                from '{events}' join '{truth}' using (anonymous_id)
                where click != '' group by click having count(distinct person_id) > 1
            )
        """)[0][0]

    assert people_per_click("0") == 0
    assert people_per_click("0.2") > people_per_click("0.05") > 0


def test_newsletter_hash_is_that_of_the_normalised_address(stream: tuple[Path, Path]) -> None:
    """Persons who show a personal address anywhere show it as the hash that their newsletters carry."""
    matched = query(f"""
        with addresses as (
            select person_id, lower(trim(email)) as email, regexp_extract(page_url, 'ehash=(.*)', 1) as ehash
            from '{stream[0]}' join '{stream[1]}' using (anonymous_id)
            where email not ilike '%@company%' or page_url like '%ehash=%'
        ),
        hashed as (
            select distinct person_id, sha256(if(email like '%@gmail.com',
                concat(replace(regexp_extract(email, '^([^+@]*)', 1), '.', ''), '@gmail.com'), email)) as email_hash
            from addresses where email is not null
        )
        select count(*), count(*) filter (where ehash = email_hash)
        from addresses join hashed using (person_id) where ehash != ''
    """)[0]
    assert matched[0] > 20
    assert matched[0] == matched[1]


def test_partitions_hold_the_same_rows_by_received_date(stream: tuple[Path, Path], tmp_path: Path) -> None:
    generate(tmp_path, "days", "--events", str(ROWS), "--partition-by-day")
    days = sorted((tmp_path / "days").glob("events_*.parquet"))
    assert [row for day in days for row in rows(day)] == rows(stream[0])
    for day in (days[0], days[-1]):
        dates = query(f"select distinct cast(received_at as date) from '{day}'")
        assert dates == [(date.fromisoformat(day.stem.removeprefix("events_")),)]


@pytest.mark.parametrize("extension", ["csv", "ndjson"])
def test_text_formats_equal_parquet(tmp_path: Path, extension: str) -> None:
    text = generate(tmp_path, f"events.{extension}", "--events", "2000")[0]
    parquet = generate(tmp_path, "events.parquet", "--events", "2000", "--text-times")[0]
    if extension == "csv":
        reader = f"read_csv('{text}', all_varchar = true)"
    else:
        types = ", ".join(f"{name}: varchar" for name in RAW_COLUMNS)
        reader = f"read_json('{text}', columns = {{{types}}})"
    # Numbers and booleans are compared as the values they stand for, not by how a format spells them.
    columns = "* replace (cast(revenue as double) as revenue, cast(has_consent as boolean) as has_consent)"
    assert query(f"select {columns} from {reader}") == rows(parquet)


def test_text_times_are_iso_8601_or_unparsable(tmp_path: Path) -> None:
    events = generate(tmp_path, "events.parquet", "--events", "5000", "--text-times")[0]
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    others = query(f"select distinct occurred_at from '{events}' where not regexp_full_match(occurred_at, '{pattern}')")
    assert others == [("not-a-date",)]


@pytest.mark.parametrize(
    "arguments",
    [["--events", "0"], ["--seed", "-1"], ["--days", "0"], ["--shared-click-rate", "2"], ["--out", "events.txt"]],
)
def test_wrong_arguments_are_refused(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        generate(tmp_path, "events.parquet", *arguments)


def test_demo_is_what_the_generator_gives(tmp_path: Path) -> None:
    events, truth = generate(tmp_path, "events.parquet", *DEMO_ARGUMENTS)
    assert rows(events) == rows(DEMO / "events.parquet")
    assert rows(truth) == rows(DEMO / "truth.parquet")
