"""What must be gone of erased persons: told from the raw events, as long as they still hold it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

IDENTIFIERS = (
    "anonymous_id",
    "device_id",
    "user_id",
    "email_hash",
    "phone_hash",
    "ip_token",
    "click_id",
    "order_id",
    "event_id",
)
# What else a row says: a value that stands there as well, in a row that stays, is not the person's alone.
OTHER_TEXTS = (
    "app_id",
    "event_name",
    "schema_version",
    "account_id",
    "source_session_id",
    "click_id_type",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
    "referrer_host",
    "page_path",
    "properties",
)
# What an identifier is made of; what stands between two such runs parts the values of a list or of JSON.
RUN = r"[A-Za-z0-9_.@:+-]+"
KEY_TYPES = ("user_id", "email_hash", "phone_hash", "ip_token", "click_id")
# The var of that name, where no project says another.
SESSION_TIMEOUT_MINUTES = 30


@dataclass(frozen=True)
class Subjects:
    """What must be gone: values as text, and the numbers that stand for them in the graph."""

    row_count: int  # raw rows that the tombstones cover
    raw_files: tuple[tuple[str, str, int], ...]  # source, file, rows that are covered
    texts: frozenset[str]
    numbers: frozenset[int]


def find_subjects(connection: duckdb.DuckDBPyConnection, session_timeout_minutes: int) -> Subjects:
    """Read what the raw events say of erased persons and of nobody else.

    The rows are judged as int_removed_events judges stored ones; hashes as in the macros hash_64, surrogate_key and
    erasure_token. Rows whose raw files are gone are not seen.

    Args:
        connection: to the database, with its token secret set.
        session_timeout_minutes: the pause that ends a session, as the build had it.

    Raises:
        duckdb.CatalogException: the database was not built with this project.

    """
    # Without them there is nothing to look for, whatever the raw events say.
    connection.execute("select 1 from intermediate.int_erasure_requests, intermediate.int_erased_ids limit 1")
    views = connection.execute(
        """
        select view_name from duckdb_views()
        where
            schema_name = 'staging'
            and view_name like 'stg!_%!_!_events' escape '!'
            and database_name = current_database()
        order by 1
        """
    ).fetchall()
    columns = ", ".join(
        [
            *("raw_file", "source_name", "space_id", "occurred_at", "received_at", "event_id", "platform"),
            *IDENTIFIERS,
            *OTHER_TEXTS,
            "custom_keys",
        ]
    )
    staged = " union all ".join(f"select {columns} from staging.{view}" for (view,) in views)
    connection.execute(
        f"""
        create temp table canonical as
        with staged as ({staged}),
        named as (
            select * replace (
                coalesce(
                    anonymous_id, 'user-' || md5(user_id), 'email-' || md5(email_hash), 'phone-' || md5(phone_hash),
                    'device-' || md5(device_id), 'order-' || md5(order_id)
                ) as anonymous_id
            )
            from staged
        ),
        -- Of an id that several users shared, a session is of the one who logged in, or logged in on both sides of it.
        visits as (
            select *, case when coalesce(platform, '') <> 'server' then occurred_at end as visited_at
            from named
        ),
        sessions as (
            select
                *,
                max(visited_at) over before as previous_visit_at,
                coalesce(
                    visited_at - previous_visit_at > interval {session_timeout_minutes} minute, visited_at is not null
                ) as is_new
            from visits
            window before as (
                partition by space_id, anonymous_id order by occurred_at, event_id, source_name
                rows between unbounded preceding and 1 preceding
            )
        ),
        numbered as (
            select *, sum(is_new::int) over so_far as session_number
            from sessions
            window so_far as (
                partition by space_id, anonymous_id order by occurred_at, event_id, source_name rows unbounded preceding
            )
        ),
        with_session_user as (
            select
                *,
                case when visited_at is not null then coalesce(
                    last_value(user_id ignore nulls) over so_far, first_value(user_id ignore nulls) over to_come
                ) end as session_user_id
            from numbered
            window
                so_far as (
                    partition by space_id, anonymous_id, session_number, visited_at is null
                    order by occurred_at, event_id, source_name rows unbounded preceding
                ),
                to_come as (
                    partition by space_id, anonymous_id, session_number, visited_at is null
                    order by occurred_at, event_id, source_name rows between current row and unbounded following
                )
        ),
        told as (
            select
                *,
                last_value(session_user_id ignore nulls) over so_far as user_before,
                first_value(session_user_id ignore nulls) over to_come as user_after,
                case when occurred_at is not null then coalesce(
                    user_id, session_user_id, case when user_before = user_after then user_before end
                ) end as told_user_id
            from with_session_user
            window
                so_far as (
                    partition by space_id, anonymous_id order by occurred_at, event_id, source_name
                    rows unbounded preceding
                ),
                to_come as (
                    partition by space_id, anonymous_id order by occurred_at, event_id, source_name
                    rows between current row and unbounded following
                )
        ),
        hashed as (
            select
                *,
                row_number() over () as row_id,
                sha256(getvariable('identity_token_secret') || 'erasure|' || told_user_id) as told_hash,
                anonymous_id || '~' || md5(length(told_user_id) || ':' || told_user_id || '0:')[:8] as node_id,
                sha256(getvariable('identity_token_secret') || 'erasure|' || user_id) as user_hash,
                sha256(getvariable('identity_token_secret') || 'erasure|' || email_hash) as address_hash,
                sha256(getvariable('identity_token_secret') || 'erasure|' || anonymous_id) as id_hash
            from told
        ),
        covered as (
            select hashed.row_id
            from hashed
            inner join intermediate.int_erasure_requests as requests
                on
                    (requests.space_id is null or requests.space_id = hashed.space_id)
                    and coalesce(least(hashed.occurred_at, hashed.received_at) <= requests.erased_until_at, true)
                    and (
                        (requests.identifier_type = 'user_id' and requests.identifier_hash = hashed.user_hash)
                        or (requests.identifier_type = 'email_hash' and requests.identifier_hash = hashed.address_hash)
                        or (requests.identifier_type = 'anonymous_id' and requests.identifier_hash = hashed.id_hash)
                    )
            union
            select hashed.row_id
            from hashed
            inner join intermediate.int_erased_ids as erased_ids
                on erased_ids.space_id = hashed.space_id and erased_ids.id_hash = hashed.id_hash
            where
                coalesce(least(hashed.occurred_at, hashed.received_at) <= erased_ids.erased_until_at, true)
                and (erased_ids.is_named or hashed.user_id is null)
                and coalesce(erased_ids.user_hash = hashed.told_hash, erased_ids.is_named or hashed.told_hash is null)
        )
        select hashed.*, covered.row_id is not null as is_covered
        from hashed
        left join covered on hashed.row_id = covered.row_id
        """
    )
    values = " union all ".join(
        [
            *(f"select is_covered, cast({column} as varchar) as value from canonical" for column in IDENTIFIERS),
            "select is_covered, unnest(map_values(custom_keys)) from canonical",
            "select is_covered, node_id from canonical",
            *(
                f"""
                select is_covered, md5(
                    length(space_id) || ':' || space_id
                    || length({name}) || ':' || {name}
                    || length(cast(epoch_us(occurred_at) as varchar)) || ':' || epoch_us(occurred_at)
                )
                from canonical
                """
                for name in ("anonymous_id", "node_id")
            ),
            """
            select is_covered, md5(
                '5:order' || length(space_id) || ':' || space_id || length(order_id) || ':' || order_id
            )
            from canonical
            where order_id is not null
            """,
        ]
    )
    pieces = " union all ".join(
        f"select unnest(list_append(regexp_extract_all({column}, '{RUN}'), {column})) as value from canonical"
        f" where not is_covered and {column} is not null"
        for column in OTHER_TEXTS
    )
    texts = connection.execute(
        f"""
        with sought as (
            select value from ({values}) where value is not null group by 1 having bool_and(is_covered)
        )
        select value from sought
        where value not in (select value from ({pieces}) semi join sought using (value))
        order by 1
        """
    ).fetchall()
    numbers = " union all ".join(
        [
            "select is_covered, hash(space_id, anonymous_id) >> 2 as number from canonical where anonymous_id <> ''",
            "select is_covered, hash(space_id, node_id) >> 2 from canonical where node_id is not null",
            *(
                f"select is_covered, hash(space_id, '{key}', {key}) >> 2 from canonical where {key} is not null"
                for key in KEY_TYPES
            ),
            """
            select is_covered, hash(space_id, key_type, key_value) >> 2
            from (
                select
                    is_covered,
                    space_id,
                    unnest(map_keys(custom_keys)) as key_type,
                    unnest(map_values(custom_keys)) as key_value
                from canonical
            )
            """,
        ]
    )
    found_numbers = connection.execute(
        f"select cast(number as bigint) from ({numbers}) group by 1 having bool_and(is_covered) order by 1"
    ).fetchall()
    raw_files = connection.execute(
        "select source_name, raw_file, count(*) from canonical where is_covered group by 1, 2 order by 1, 2"
    ).fetchall()
    connection.execute("drop table canonical")
    return Subjects(
        row_count=sum(row[2] for row in raw_files),
        raw_files=tuple(raw_files),
        texts=frozenset(text for (text,) in texts),
        numbers=frozenset(number for (number,) in found_numbers),
    )
