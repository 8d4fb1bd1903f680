"""What people write by hand instead of this project, on DuckDB: each reads a file of raw events and writes tables.

None takes duplicates, wrong clocks, consent, identity spaces or bad input into account; each makes all anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

# A gap of more than 30 minutes begins a session, of each anonymous id: a lag, then a running sum.
SESSION_NUMBERS = """
    select
        *,
        sum(case when occurred_at - previous_at <= interval 30 minute then 0 else 1 end) over (
            partition by anonymous_id order by occurred_at rows unbounded preceding
        ) as session_number
    from (
        select *, lag(occurred_at) over (partition by anonymous_id order by occurred_at) as previous_at
        from events
    )
"""
SESSIONS = f"""
    select
        md5(anonymous_id || '-' || session_number) as session_id,
        anonymous_id,
        min(occurred_at) as session_started_at,
        max(occurred_at) as session_ended_at,
        count(*) as event_count
    from ({SESSION_NUMBERS})
    group by anonymous_id, session_number
"""

# Hashed as a marketing link hashes it.
EMAIL_HASH = """
    coalesce(
        nullif(regexp_extract(page_url, '[?&]ehash=([0-9a-f]{64})', 1), ''),
        sha256(lower(trim(email)))
    )
"""


def sessionize(connection: duckdb.DuckDBPyConnection, events: Path) -> None:
    """Write sessions in one statement; an anonymous id is a person."""
    connection.execute(
        f"""
        create table sessions as
        with events as (
            select anonymous_id, occurred_at from read_parquet('{events}') where anonymous_id is not null
        )
        {SESSIONS}
        """
    )


def stitch(connection: duckdb.DuckDBPyConnection, events: Path) -> None:
    """Write the last known user id of each anonymous id, and sessions that get it by a left join."""
    connection.execute(
        f"""
        create table user_stitching as
        select distinct
            anonymous_id,
            last_value(user_id ignore nulls) over (
                partition by anonymous_id order by occurred_at
                rows between unbounded preceding and unbounded following
            ) as user_id
        from read_parquet('{events}')
        where anonymous_id is not null
        """
    )
    connection.execute(
        f"""
        create table sessions as
        with events as (
            select anonymous_id, occurred_at from read_parquet('{events}') where anonymous_id is not null
        ),
        sessions as ({SESSIONS})
        select sessions.*, coalesce(user_stitching.user_id, sessions.anonymous_id) as blended_user_id
        from sessions
        left join user_stitching using (anonymous_id)
        """
    )


def write_persons(connection: duckdb.DuckDBPyConnection) -> None:
    """Write persons (anonymous_id, person_id): ids that a chain of logins and hashed emails joins."""
    import networkx as nx
    import pyarrow as pa

    keys = connection.execute(
        """
        select distinct anonymous_id, 'u' || user_id as key from events where user_id is not null
        union
        select distinct anonymous_id, 'e' || email_hash from events where email_hash is not null
        """
    ).fetchall()
    graph = nx.Graph()
    graph.add_edges_from(((0, anonymous_id), (1, key)) for anonymous_id, key in keys)
    rows = []
    for component in nx.connected_components(graph):
        ids = [name for kind, name in component if kind == 0]
        rows += [(name, person) for person in [min(ids)] for name in ids]
    ids, persons = zip(*rows, strict=True) if rows else ((), ())
    columns = {"anonymous_id": pa.array(ids, pa.string()), "person_id": pa.array(persons, pa.string())}
    connection.register("joined_ids", pa.table(columns))
    connection.execute(
        """
        create table persons as
        select ids.anonymous_id, coalesce(joined_ids.person_id, ids.anonymous_id) as person_id
        from (select distinct anonymous_id from events) as ids
        left join joined_ids using (anonymous_id)
        """
    )


def run_script(connection: duckdb.DuckDBPyConnection, events: Path) -> None:
    """Write the needed columns of the events, persons, sessions, and conversions with their last touch of 7 days."""
    connection.execute(
        f"""
        create table events as
        select
            event_id, event_name, occurred_at, anonymous_id, user_id, order_id, revenue,
            {EMAIL_HASH} as email_hash,
            nullif(regexp_extract(page_url, '[?&]utm_source=([^&#]*)', 1), '') as utm_source,
            nullif(regexp_extract(page_url, '[?&]utm_medium=([^&#]*)', 1), '') as utm_medium,
            nullif(regexp_extract(page_url, '[?&]utm_campaign=([^&#]*)', 1), '') as utm_campaign,
            nullif(regexp_extract(page_url, '[?&](?:gclid|fbclid|ttclid|msclkid)=([^&#]*)', 1), '') as click_id,
            nullif(regexp_extract(referrer, '^https?://([^/]+)', 1), 'shop.example') as referrer_host
        from read_parquet('{events}')
        where anonymous_id is not null
        """
    )
    write_persons(connection)
    connection.execute(
        f"""
        create table sessions as
        select
            md5(anonymous_id || '-' || session_number) as session_id,
            anonymous_id,
            any_value(persons.person_id) as person_id,
            min(occurred_at) as session_started_at,
            max(occurred_at) as session_ended_at,
            count(*) as event_count,
            arg_min(utm_source, occurred_at) as utm_source,
            arg_min(utm_medium, occurred_at) as utm_medium,
            arg_min(utm_campaign, occurred_at) as utm_campaign,
            arg_min(click_id, occurred_at) as click_id,
            arg_min(nullif(referrer_host, ''), occurred_at) as referrer_host
        from ({SESSION_NUMBERS})
        join persons using (anonymous_id)
        group by anonymous_id, session_number
        """
    )
    connection.execute(
        """
        create table attributed_conversions as
        with conversions as (
            select event_name, order_id, person_id, min(occurred_at) as converted_at, max(revenue) as revenue
            from events
            join persons using (anonymous_id)
            where event_name in ('order_completed', 'signed_up', 'quote_requested')
            group by event_name, coalesce(order_id, event_id), order_id, person_id
        ),
        touches as (
            select * from sessions where coalesce(utm_source, click_id, referrer_host) is not null
        )
        select
            conversions.*, touches.session_id as touch_session_id, touches.session_started_at as touched_at,
            touches.utm_source, touches.utm_medium, touches.utm_campaign, touches.referrer_host
        from conversions
        asof left join touches
            on touches.person_id = conversions.person_id
            and touches.session_started_at <= conversions.converted_at
        """
    )
    connection.execute(
        """
        update attributed_conversions
        set touch_session_id = null, touched_at = null, utm_source = null, utm_medium = null, utm_campaign = null,
            referrer_host = null
        where converted_at - touched_at > interval 7 day
        """
    )


METHODS: dict[str, Callable[[duckdb.DuckDBPyConnection, Path], None]] = {
    "sessions": sessionize,
    "stitching": stitch,
    "script": run_script,
}
