"""Faults put into the data on purpose: each is caught by the data test of its own alert, and by no other."""

import csv
import re
import shutil

import duckdb
import pytest
from dbt_runs import PROJECT, Dbt

RUNBOOK = PROJECT / "docs" / "runbook"
QUERIES = {
    f"{page.stem}_{number}": query
    for page in sorted(RUNBOOK.glob("*.md"))
    for number, query in enumerate(re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
}
# Ten weeks up to a Tuesday; the Monday before it is the newest complete day.
FAULTY_DAY = "2026-03-09"
STEADY_DAYS = f"""
    create temp table days as
    select cast(day as date) as day, cast(day as date) = date '{FAULTY_DAY}' as is_faulty
    from range(date '2026-01-01', date '2026-03-11', interval 1 day) as t (day)
"""
# Web is as ever, app sends half, crm nothing.
VOLUME = """
    create or replace table marts.event_volume as
    select
        source_name, event_name, '1' as schema_version, 'active' as lifecycle_status, day as received_date,
        'accepted' as disposition, cast(null as varchar) as reason,
        cast(case when is_faulty and source_name = 'app' then row_count / 2 else row_count end as bigint) as row_count,
        cast(0 as bigint) as late_count, cast(0 as bigint) as without_consent_count,
        cast(0 as bigint) as unregistered_count
    from days
    cross join (
        values
            ('web', 'page_view', 500), ('web', 'logged_in', 100), ('app', 'app_opened', 400), ('crm', 'signed_up', 80)
    ) as t (source_name, event_name, row_count)
    where not (is_faulty and source_name = 'crm')
"""
SESSIONS = """
    create or replace table marts.sessions as
    select
        template.* replace (
            concat(day, '-', number) as session_id,
            cast(day as timestamp) + interval 12 hours as session_started_at,
            cast(day as timestamp) + interval 13 hours as session_ended_at,
            5 as event_count, true as has_consent, if(number % 4 = 0, 'email', 'direct') as channel
        )
    from days
    cross join range(200) as t (number)
    cross join (select * from marts.sessions where space_id = 'default' order by session_id limit 1) as template
"""
# No event carries the login on the faulty day; the click id comes as ever.
KEYS = """
    create or replace table intermediate.int_identity_observations as
    select
        template.* replace (
            t.key_type as key_type, day as observed_date,
            cast(case when is_faulty then faulty else usual end as bigint) as event_count
        )
    from days
    cross join (values ('user_id', 400, 0), ('click_id', 200, 195)) as t (key_type, usual, faulty)
    cross join (
        select observations.* from intermediate.int_identity_observations as observations
        inner join intermediate.int_identity_ids as ids using (id_number)
        where ids.space_id = 'default'
        order by id_number, key_number, observed_date limit 1
    ) as template
    where not is_faulty or faulty > 0
"""


EVENTS = """
    create or replace table intermediate.int_active_days as
    select template.* replace (day as active_date, 1000 as event_count)
    from days
    cross join (
        select active_days.* from intermediate.int_active_days as active_days
        inner join intermediate.int_identity_ids as ids using (id_number)
        where ids.space_id = 'default'
        order by all limit 1
    ) as template
"""
# Clicks come without consent, only a login carries the user; of the newest load mails are late, and some is history.
OVER_LIMITS = """
    update intermediate.int_events_received set has_consent = false where click_id is not null;
    update intermediate.int_events_received set user_id = null where event_name != 'logged_in';
    insert into marts.segment_lag
    select 9, 'carts', channel, timestamp '2026-02-21 12:00:00', 50, 50, 50 * lag, lag, lag, lag
    from (values ('email', 600), ('direct', 60), ('sms', 99999)) as t (channel, lag)
"""


def alerts() -> set[str]:
    with (PROJECT / "seeds" / "health_thresholds.csv").open(newline="") as file:
        return {row["alert"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def faulty(demo_build, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """A copy of the demo's database with the faults put in."""
    dbt = Dbt(tmp_path_factory.mktemp("faults"))
    dbt.parse()
    shutil.copy(demo_build.path, dbt.database)
    with duckdb.connect(str(dbt.database)) as connection:
        for statement in (STEADY_DAYS, VOLUME, SESSIONS, KEYS, EVENTS, OVER_LIMITS):
            connection.execute(statement)
    return dbt


@pytest.fixture(scope="module")
def faulty_run(faulty: Dbt) -> dict[str, str]:
    """Judge the faults: the status of each alert's test by alert."""
    models = ["health_thresholds", "alert_acknowledgements", "int_daily_signals", "data_health", "identity_statistics"]
    models += ["alert_segment_lag"]
    arguments = ("build", "--select", *models, "--exclude-resource-type", "unit_test")
    statuses = faulty(*arguments).statuses
    assert "data_health" in statuses
    return {
        name.removeprefix("alert_"): status
        for name, status in statuses.items()
        if name.removeprefix("alert_") in alerts()
    }


@pytest.mark.parametrize(
    ("fault", "alert"),
    [
        ("a source stops", "source_stopped"),
        ("half the volume of a source", "source_volume_dropped"),
        ("half of an event, and none of another", "event_volume_dropped"),
        ("a key disappears", "key_coverage_shift"),
    ],
)
def test_a_fault_fails_the_test_of_its_alert(faulty_run, fault, alert):
    assert faulty_run[alert] == "fail", fault


def test_a_figure_over_its_limit_warns_and_says_of_what(faulty_run, faulty):
    found = {}
    with duckdb.connect(str(faulty.database), read_only=True) as connection:
        for alert, subject in (
            ("key_without_consent", "breakdown"),
            ("user_id_only_at_login", "breakdown"),
            ("segment_lag", "channel"),
        ):
            assert faulty_run[alert] == "warn"
            query = f"select {subject}, runbook from test_failures.alert_{alert}"
            found[alert] = connection.execute(query).fetchall()
    assert found == {
        "key_without_consent": [("click_id", "docs/runbook/key_without_consent.md")],
        "user_id_only_at_login": [("generic", "docs/runbook/user_id_only_at_login.md")],
        "segment_lag": [("email", "docs/runbook/segment_lag.md")],
    }


@pytest.mark.usefixtures("faulty_run")
def test_an_alert_is_passed_over_where_acknowledged_and_only_warns_on_a_first_load(faulty):
    with duckdb.connect(str(faulty.database)) as connection:
        connection.execute(
            f"""
            insert into seeds.alert_acknowledgements
            values
                ('source_stopped', 'crm', null, '{FAULTY_DAY}', 'crm', 'moved'),
                ('event_volume_dropped', 'app', null, '2026-03-08', 'app', 'over by then'),
                ('key_without_consent', 'default', 'click_id', '2026-03-10', 'web', 'known'),
                ('user_id_only_at_login', 'default', null, '2026-03-09', 'web', 'over by then');
            update intermediate.event_loads set is_complete = false
            """
        )
    arguments = ("build", "--select", "data_health", "identity_statistics", "--exclude-resource-type", "unit_test")
    statuses = faulty(*arguments).statuses
    assert statuses["alert_source_stopped"] == statuses["alert_key_without_consent"] == "pass"
    assert statuses["alert_event_volume_dropped"] == statuses["alert_key_coverage_shift"] == "warn"
    assert statuses["alert_user_id_only_at_login"] == "warn"


def test_what_is_as_ever_raises_no_alert(faulty_run):
    quiet = {name for name, status in faulty_run.items() if status == "pass"}
    assert quiet == {
        "source_volume_jumped",
        "event_volume_jumped",
        "channel_mix_shift",
        "stitching_rate_jump",
        "rejection_rate",
        "late_share",
    }


def test_addresses_that_staging_left_are_found(faulty):
    with duckdb.connect(str(faulty.database)) as connection:
        connection.execute(
            """
            update intermediate.int_events_received
            set
                properties = '{"note": "from jane@example.org"}',
                utm_campaign = 'mail to jane@example.org',
                custom_keys = map {'crm_id': 'jane@example.org'}
            where event_number = (select min(event_number) from intermediate.int_events_received)
            """
        )
    name = "assert_events_hold_no_email_address"
    results = faulty("test", "--select", name).result.results
    assert [(result.status, result.failures) for result in results if result.node.name == name] == [("fail", 3)], (
        "columns"
    )


@pytest.mark.parametrize(
    ("test", "fault", "news"),
    [
        (
            "assert_events_hold_no_email_address",
            "update intermediate.int_events_received set os = 'jane@example.org' where user_id is not null",
            "update intermediate.int_events_received set load_number = 99 where user_id is not null",
        ),
        (
            "assert_every_visit_lies_in_one_session",
            "update intermediate.int_sessions set event_count = event_count + 1",
            "insert into intermediate.int_changed_visitors (id_number) select id_number from intermediate.int_events",
        ),
        (
            "assert_credits_of_a_conversion_sum_to_one",
            "update marts.attributed_conversions set credit = credit / 2",
            "insert into intermediate.int_changed_persons (identity_id) select universal_id from marts.users",
        ),
    ],
    ids=["by load", "by visitor", "by person"],
)
def test_a_build_looks_at_what_it_brought_and_dbt_test_at_everything(faulty, test, fault, news):
    with duckdb.connect(str(faulty.database)) as connection:
        connection.execute("update intermediate.event_loads set is_complete = true")
        connection.execute(
            f"""
            delete from intermediate.int_changed_visitors;
            delete from intermediate.int_changed_persons;
            update intermediate.int_events_received
            set load_number = 1, properties = null, utm_campaign = null, custom_keys = null;
            {fault}
            """
        )
    select = ("--select", test, "--indirect-selection", "empty")
    assert faulty("build", *select).statuses[test] == "pass"
    assert faulty("test", *select).statuses[test] == "fail"
    with duckdb.connect(str(faulty.database)) as connection:
        connection.execute(news)
    assert faulty("build", *select).statuses[test] == "fail"


def test_each_alert_has_a_data_test_and_a_page(faulty_run):
    assert set(faulty_run) == alerts()
    assert alerts() - {page.stem for page in RUNBOOK.glob("*.md")} == set()
    overview = (RUNBOOK / "README.md").read_text(encoding="utf-8")
    assert {name for name in alerts() if f"[{name}]({name}.md)" not in overview} == set()


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_the_runbook_runs(demo_build, name):
    query = QUERIES[name].replace("<day>", "2026-02-01")
    with duckdb.connect(str(demo_build.path), read_only=True) as connection:
        connection.execute(query)
