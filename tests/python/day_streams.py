"""Random streams of raw events that land day by day, full of what makes incremental models go wrong.

A stream is small and collides all the time: few visitors, few users, emails, ips and orders, times on a coarse grid.
Events land late by hours, days and weeks, are sent twice (the later copy sometimes received first), wait below the
watermark, and are refused; keys turn skewed, components pass the cap, overrides come and go, ids get older.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
RawEvent = dict[str, str | None]

START = datetime(2026, 1, 5)
COLUMNS = (
    "event_id", "event_name", "occurred_at", "anonymous_id", "event_type", "received_at", "sent_at", "user_id", "email",
    "email_hash", "phone", "ip_address", "account_id", "click_id", "device_id", "space_id", "page_url", "referrer",
    "session_id", "user_agent", "platform", "has_consent", "order_id", "revenue", "currency", "schema_version",
    "properties",
)  # fmt: skip


@dataclass(frozen=True)
class Configuration:
    """Rules and vars that differ from the project's own: limits so low that a few events reach them."""

    rules: list[Row]
    variables: Row
    retention: dict[str, int] = field(default_factory=dict)  # layer -> days


LOW_GROUP_LIMITS = [
    {"key_type": "ip_token", "resolution_level": "household", "window_days": 2, "max_ids_per_key": 4}
    | {"outlier_percentile": 0.8, "outlier_floor_ids": 2},
    {"key_type": "click_id", "resolution_level": "household", "max_ids_per_key": 4},
    {"key_type": "email_domain_hash", "resolution_level": "organization", "max_ids_per_key": 5},
    {"key_type": "ip_token", "resolution_level": "organization", "is_enabled": "true"}
    | {"outlier_percentile": 0.8, "outlier_floor_ids": 2},
]
CONFIGURATIONS = (
    Configuration(
        rules=[
            {"key_type": "user_id", "window_days": 6, "max_ids_per_key": 3},
            {"key_type": "email_hash", "window_days": 10, "max_ids_per_key": 3},
            {"key_type": "click_id", "window_days": 1, "max_ids_per_key": 4},
            {"key_type": "cart_id", "is_enabled": "true", "max_ids_per_key": 5, "max_values_per_profile": 3},
            {"key_type": "ip_token", "outlier_percentile": 0.8, "outlier_floor_ids": 2, "min_shared_days": 1},
            *LOW_GROUP_LIMITS,
        ],
        variables={"component_cap_floor": 3, "component_cap_percentile": 0.6, "unregistered_events": "accept"},
    ),
    Configuration(
        rules=[
            {"key_type": "user_id", "max_ids_per_key": 4, "max_values_per_profile": 2},
            {"key_type": "email_hash", "outlier_percentile": 0.8, "outlier_floor_ids": 2},
            {"key_type": "click_id", "window_days": 0},
            {"key_type": "ip_token", "corroboration": "", "window_days": 1}
            | {"outlier_percentile": 0.8, "outlier_floor_ids": 2},
            {"key_type": "loyalty_card_id", "is_enabled": "true", "max_ids_per_key": 5},
            *LOW_GROUP_LIMITS,
        ],
        variables={"component_cap_floor": 3, "component_cap_percentile": 0.7, "unregistered_events": "reject"}
        | {"consent_withdrawal_retracts": "all_events"},
        retention={"rejected_events": 3, "events": 5},
    ),
    Configuration(
        rules=[
            {"key_type": "user_id", "window_days": 2, "max_ids_per_key": 5, "max_values_per_profile": 1},
            {"key_type": "click_id", "corroboration": "mutual_best", "min_shared_days": 1},
            {"key_type": "account_id", "max_values_per_profile": 2},
            {"key_type": "quote_id", "is_enabled": "true", "max_ids_per_key": 3},
            {"key_type": "phone_hash", "window_days": 20, "max_ids_per_key": 3},
            {"key_type": "ip_token", "outlier_percentile": 0.9, "outlier_floor_ids": 2, "min_shared_days": 1},
        ],
        variables={"component_cap_floor": 3, "component_cap_percentile": 0.5, "unregistered_events": "accept"},
        retention={"events": 7, "observations": 4},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """What has arrived by one run: new files, the owners' decisions that hold by now, and the run's clock."""

    number: int
    as_of: datetime
    files: dict[str, list[RawEvent]]
    overrides: list[Row]


@dataclass(frozen=True)
class Stream:
    """The days of one seed and the configuration they run under."""

    seed: int
    configuration: Configuration
    file_format: str
    days: list[Day]


@dataclass
class World:
    """The values that events of one stream are drawn from."""

    random: Random
    day_count: int
    visitors: list[str] = field(init=False)
    first_days: dict[str, int] = field(init=False)
    last_days: dict[str, int] = field(init=False)
    consent_days: dict[str, int] = field(init=False)
    users: list[str] = field(init=False)
    emails: list[str] = field(init=False)
    ips: list[str] = field(init=False)
    accounts: list[str] = field(init=False)
    density: float = field(init=False)
    mixing: float = field(init=False)
    second_space_day: int | None = field(init=False)
    moods: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Draw the pools."""
        random = self.random
        names = [f"v{number:02}" for number in range(random.randint(8, 15))]
        # Who comes first must not follow from the name.
        random.shuffle(names)
        self.visitors = names
        self.first_days = {name: random.choice((0, 0, 0, 1, 2, 3)) for name in names}
        # Who comes no more is still moved by what others do.
        self.last_days = {name: random.choice((2, 4, self.day_count, self.day_count)) for name in names}
        if random.random() < 0.5:
            # Two generations, so that whole components fall silent.
            half = len(names) // 2
            self.first_days |= {name: random.choice((3, 4)) for name in names[half:]}
            self.last_days |= dict.fromkeys(names[:half], 3)
        self.consent_days = {name: random.choice((1, 2, 3)) for name in names if random.random() < 0.2}
        people = max(2, len(names) // 2)
        self.users = [f"u{number}" for number in range(people)]
        domains = ("acme.example.net", "corp.example.net", "gmail.com", "gmx.de")
        self.emails = [f"p.{number}@{domains[number % len(domains)]}" for number in range(people)]
        self.ips = [f"203.0.113.{number}" for number in range(1, random.randint(6, 14))]
        self.accounts = [f"account-{number}" for number in range(1, 4)]
        self.density = random.choice((0.6, 1.0, 1.4))
        self.mixing = random.choice((0.05, 0.15, 0.3))
        self.second_space_day = random.choice((None, 2, 3, 4))
        self.moods = random.choices(("usual", "new", "shared"), (2, 1, 1), k=self.day_count)

    def present(self, number: int) -> list[str]:
        """Who comes on a day."""
        staying = [name for name in self.visitors if self.first_days[name] <= number <= self.last_days[name]]
        return staying or self.visitors

    def own(self, values: list[str], visitor: str, mixing: float | None = None) -> str:
        """Draw a value: mostly the one of the visitor's person, at times anybody's."""
        if self.random.random() < (self.mixing if mixing is None else mixing):
            return self.random.choice(values)
        # Neighbours in the list of visitors are one person's cookies.
        return values[self.visitors.index(visitor) // 2 % len(values)]

    def ip_address(self, visitor: str, number: int) -> str:
        """Draw an ip: days of new ones, and days on which all share them, move the percentile."""
        mood = self.moods[number]
        if mood == "new":
            return f"198.51.{number}.{self.visitors.index(visitor)}"
        return self.own(self.ips, visitor, 0.7 if mood == "shared" else self.mixing / 2)

    def happens(self, share: float) -> bool:
        """Draw whether something happens; keys are rarer in streams of low density."""
        return self.random.random() < share


def timestamp(moment: datetime) -> str:
    """Write a time as collectors do."""
    return moment.isoformat(timespec="seconds")


def parsed(text: str | None) -> datetime | None:
    """Read a time as the project does, for the formats that this module writes."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def received(event: RawEvent) -> datetime:
    """When an event was received: the time of the event where the collector did not say."""
    return parsed(event["received_at"]) or parsed(event["occurred_at"]) or START


class StreamMaker:
    """Makes the stream of one seed."""

    def __init__(self, seed: int, day_count: int) -> None:
        """Draw the world and the days on which no file lands."""
        self.seed = seed
        self.random = Random(seed)
        self.world = World(self.random, day_count)
        self.day_count = day_count
        self.idle_days = {number for number in range(1, day_count) if self.random.random() < 0.12}
        self.landed: list[list[RawEvent]] = [[] for _ in range(day_count)]
        self.event_count = 0
        # Of its own, so that what visitors say of consent leaves the rest of the stream as it is.
        self.random_consent = Random(f"consent {seed}")
        self.random_refusals = Random(f"refused by login {seed}")

    def make(self) -> Stream:
        """Draw everything that happens, then cut it into days."""
        for number in range(self.day_count):
            for _ in range(self.random.randint(4, 8)):
                self.visit(number)
            for _ in range(self.random.randint(0, 2)):
                self.server_event(number)
        for number in range(1, self.day_count):
            for _ in range(self.random.choice((0, 1, 1, 2, 3))):
                self.visit(number, lateness=timedelta(days=self.random.choice((2, 4, 5 * number, 9 * number))))
        self.send_again()
        for number in range(self.day_count):
            for _ in range(self.random.randint(0, 3)):
                self.land(number, self.refused_event(number))
        return Stream(
            self.seed,
            CONFIGURATIONS[self.seed % len(CONFIGURATIONS)],
            ("ndjson", "parquet", "csv")[self.seed // len(CONFIGURATIONS) % 3],
            list(self.days()),
        )

    def land(self, number: int, event: RawEvent) -> None:
        """Put an event into a file of a day, or of the next one with files; past the last day nothing lands."""
        while number in self.idle_days:
            number += 1
        if number < self.day_count:
            self.landed[number].append(event)

    def event(self, name: str, occurred_at: datetime, **values: Any) -> RawEvent:
        """Make a raw event with an id of its own."""
        self.event_count += 1
        event: RawEvent = dict.fromkeys(COLUMNS)
        event |= {
            "event_id": f"e{self.event_count}",
            "event_name": name,
            "occurred_at": timestamp(occurred_at),
            "received_at": timestamp(occurred_at + timedelta(minutes=self.random.choice((0, 0, 0, 5, 15)))),
        }
        return event | values

    def moment(self, number: int) -> datetime:
        """A time of a day at which many things happen at once; some visits go on past midnight."""
        hour = self.random.choice((8, 8, 9, 12, 12, 18, 22, 23))
        return START + timedelta(days=number, hours=hour, minutes=self.random.choice((0, 0, 15, 30)))

    def visit(self, number: int, lateness: timedelta = timedelta()) -> None:
        """A visitor's events of one stay, each landing when it may: one that lands late may join two sessions."""
        random = self.random
        visitor = random.choice(self.world.present(number) if random.random() < 0.8 else self.world.visitors)
        occurred_at = self.moment(number) - lateness
        # Known at once after a weeks' delay, or lain in the sender's queue.
        is_received_late = random.random() < 0.5
        is_in_second_space = (
            self.world.second_space_day is not None and number >= self.world.second_space_day and random.random() < 0.3
        )
        entry = self.entry()
        count = random.choice((1, 1, 2, 3, 3, 4))
        bridge = random.randrange(1, count - 1) if count > 2 and random.random() < 0.4 else None
        for position in range(count):
            event = self.visitor_event(visitor, number, occurred_at)
            event |= {"space_id": "second"} if is_in_second_space else {}
            brought = entry if position == 0 else self.turn(visitor, occurred_at)
            event |= {column: value for column, value in brought.items() if position == 0 or event[column] is None}
            lands = number
            if lateness and is_received_late:
                event["received_at"] = timestamp(START + timedelta(days=number, hours=random.choice((6, 12, 23))))
            elif not lateness and (position == bridge or random.random() < 0.15):
                lands += random.choice((1, 1, 1, 2, 3, 6))
                if random.random() < 0.5:
                    event["received_at"] = timestamp(START + timedelta(days=lands, hours=random.choice((1, 12, 23))))
            self.land(lands, event)
            # Exactly the session's timeout is common, and just beyond it too.
            occurred_at += timedelta(minutes=random.choice((0, 15, 30, 30, 30, 45)))

    def entry(self) -> RawEvent:
        """How a visit begins: by a campaign, a click, another site, or nothing."""
        random = self.random
        click = f"Cj0K{random.randint(1, 5)}"
        return random.choice(
            (
                {},
                {},
                {"referrer": random.choice(("https://www.google.com/search?q=a", "https://news.example.net/a"))},
                {"page_url": f"https://shop.example.net/p?utm_source=google&utm_medium=cpc&gclid={click}"},
                {"page_url": "https://shop.example.net/?utm_source=news&utm_medium=email&utm_campaign=c1"},
                {"click_id": click},
                {"page_url": "https://shop.example.net/?utm_source=criteo&utm_medium=retargeting"},
            )
        )

    def turn(self, visitor: str, occurred_at: datetime) -> RawEvent:
        """What a visit's later event tells: another campaign, a way back from paying, mostly nothing; links nobody."""
        random = Random(f"{visitor} {occurred_at}")
        session = {"session_id": f"{visitor} {occurred_at:%j}"} if random.random() < 0.3 else {}
        return session | random.choice(
            (
                *({} for _ in range(5)),
                {"referrer": "https://www.paypal.com/checkout"},
                {"referrer": "https://news.example.net/a"},
                {"referrer": "https://www.google.com/search?q=a"},
                {"page_url": "https://shop.example.net/?utm_source=news&utm_medium=email&utm_campaign=c1"},
                {"page_url": "https://shop.example.net/#utm_source=facebook&utm_medium=paid-social"},
            )
        )

    def visitor_event(self, visitor: str, number: int, occurred_at: datetime) -> RawEvent:
        """One event of a visitor, with the keys that show at it."""
        random, world = self.random, self.world
        name = random.choices(
            ("page_view", "product_viewed", "app_opened", "product_added", "checkout_started", "order_completed",
             "signed_up", "logged_in", "newsletter_clicked", "quote_requested", "joined_account",
             "product_recommended", "never_listed"),
            (24, 8, 5, 7, 6, 12, 3, 10, 5, 4, 6, 2, 3),
        )[0]  # fmt: skip
        event = self.event(name, occurred_at, anonymous_id=visitor)
        user, email = world.own(world.users, visitor), world.own(world.emails, visitor)
        properties: dict[str, str] = {}
        shares = {
            "user_id": (0.12, user),
            "email": (0.06, self.spelled(email)),
            "ip_address": (0.75, world.ip_address(visitor, number)),
            "account_id": (0.05, world.own(world.accounts, visitor)),
            "device_id": (0.2, f"device-{world.visitors.index(visitor) // 2}"),
            "phone": (0.04, f"+49 170 {1000000 + world.visitors.index(visitor) // 3}"),
            "user_agent": (0.3, random.choice(("Mozilla/5.0 (iPhone) Safari/604.1", "Mozilla/5.0 (Windows) Chrome/1"))),
        }
        for column, (share, value) in shares.items():
            if world.happens(share * (1 if column == "ip_address" else world.density)):
                event[column] = value
        if name in ("product_added", "checkout_started"):
            properties["cart_id"] = f"cart-{random.randint(1, 6)}"
        if name == "checkout_started":
            properties["checkout_id"] = f"checkout-{random.randint(1, 6)}"
        if name == "order_completed":
            event |= self.order()
        if name in ("signed_up", "logged_in"):
            event["user_id"] = user
        if name == "newsletter_clicked":
            hashed = hashlib.sha256(world.own(world.emails, visitor).encode()).hexdigest()
            event["page_url"] = f"https://shop.example.net/?utm_source=newsletter&utm_medium=email&ehash={hashed}"
        if name == "quote_requested":
            properties["quote_id"] = f"quote-{random.randint(1, 4)}"
        if name == "joined_account":
            event["account_id"] = world.own(world.accounts, visitor)
        if random.random() < 0.05:
            properties["loyalty_card_id"] = f"card-{random.randint(1, 4)}"
        if properties or random.random() < 0.1:
            event["properties"] = json.dumps(properties | {"colour": "red"})
        if random.random() < 0.08:
            # The clock of the client is three hours slow.
            slow = timedelta(hours=3)
            event |= {"occurred_at": timestamp(occurred_at - slow), "sent_at": timestamp(received(event) - slow)}
        elif random.random() < 0.1:
            event["received_at"] = None
        if number < world.consent_days.get(visitor, 0):
            event["has_consent"] = "false"
        else:
            event["has_consent"] = random.choices((None, "true", "false", "denied"), (50, 40, 4, 1))[0]
        if random.random() < 0.03:
            event["anonymous_id"] = f"non-consent-{random.randint(1, 2)}"
        return event

    def spelled(self, email: str) -> str:
        """An address as somebody types it; after normalisation the spellings are one."""
        name, domain = email.split("@")
        spellings = [email, email.upper(), f" {email}"]
        if domain == "gmail.com":
            spellings += [f"{name.replace('.', '')}+shop@{domain}", f"{name.replace('.', '')}@{domain}"]
        return self.random.choice(spellings)

    def order(self) -> RawEvent:
        """What an order's event carries: few orders, so that most are reported more than once."""
        return {
            "order_id": f"order-{self.random.randint(1, 9)}",
            "revenue": self.random.choice(("10", "19.99", "250.5")),
            "currency": self.random.choice(("EUR", "EUR", "usd")),
            "schema_version": self.random.choice((None, "1", "2", "2", "9")),
        }

    def server_event(self, number: int) -> None:
        """An event of a server, mostly without a cookie, often about an order that the browser reports as well."""
        random, world = self.random, self.world
        identifier = random.choice(
            (
                {"user_id": random.choice(world.users)},
                {"email": random.choice(world.emails)},
                {"device_id": f"device-{random.randint(0, 3)}"},
                {},
            )
        )
        event = self.event(random.choice(("order_completed", "order_completed", "never_listed")), self.moment(number))
        event |= self.order() | identifier
        if self.event_count % 3 == 0:
            visitor = world.visitors[self.event_count % len(world.visitors)]
            event |= {"anonymous_id": visitor, "platform": "server", "page_url": "https://shop.example/?utm_source=crm"}
        if event["event_name"] == "order_completed":
            event |= (
                {},
                {"event_name": "purchase", "revenue": None},
                {"event_name": "order_refunded"},
                {"event_name": "order_cancelled", "revenue": None},
            )[self.event_count % 4]
        self.land(number + random.choice((0, 0, 1, 3)), event)

    def refused_event(self, number: int) -> RawEvent:
        """An event that breaks the contract; at times its id is one of an event that does not."""
        random = self.random
        event = self.visitor_event(random.choice(self.world.visitors), number, self.moment(number))
        changes: RawEvent = random.choice(
            (
                {"event_id": None},
                {"event_name": None},
                {"occurred_at": "yesterday"},
                {"occurred_at": "1999-12-31T23:59:59", "sent_at": None},
                {"occurred_at": timestamp(START + timedelta(days=number + 3)), "sent_at": None},
                {"received_at": "2300-01-01T00:00:00", "sent_at": None},
                dict.fromkeys(("anonymous_id", "user_id", "email", "phone", "device_id", "order_id", "page_url")),
                {"anonymous_id": "undefined", "event_name": "signed_up", "user_id": None},
                {"properties": '{"cart_id":'},
                {"event_name": "quote_requested", "properties": None},
                {"event_name": "order_completed", "order_id": "order-1", "revenue": "free", "schema_version": "2"},
            )
        )
        if "event_id" not in changes and random.random() < 0.3:
            event["event_id"] = f"e{random.randint(1, self.event_count)}"
        return event | changes

    def send_again(self) -> None:
        """Send some events twice or more: in the same file and later ones, alike or not, received later or earlier."""
        for number, events in enumerate([list(events) for events in self.landed]):
            for event in events:
                while self.random.random() < 0.25:
                    self.land(number + self.random.choice((0, 0, 1, 1, 2, 4)), self.copy(event))

    def copy(self, event: RawEvent) -> RawEvent:
        """A copy of an event, most often with other content."""
        random = self.random
        kind = random.choice(("exact", "received later", "received earlier", "received earlier", "received at once"))
        if kind == "exact":
            return dict(event)
        occurred_at = parsed(event["occurred_at"]) or START
        order = self.order()
        possible: tuple[RawEvent, ...] = (
            {"anonymous_id": random.choice(self.world.visitors)},
            {"user_id": random.choice(self.world.users)},
            {"ip_address": random.choice(self.world.ips)},
            {"account_id": random.choice(self.world.accounts)},
            {"has_consent": "false"},
            {"has_consent": None},
            {"occurred_at": timestamp(occurred_at - timedelta(minutes=random.choice((15, 30, 60, 2880))))},
            {"event_name": "page_view"},
            {"event_name": "order_completed", **order},
            {"page_url": "https://shop.example.net/x?utm_source=facebook&utm_medium=cpc&fbclid=IwAR1"},
            {"space_id": random.choice((None, "second"))},
            {"properties": random.choice((None, '{"cart_id":"cart-1"}', '{"checkout_id":"checkout-1"}'))},
            {"event_id": event["event_id"], "event_name": "quote_requested", "properties": None},
        )
        changes: RawEvent = {}
        for change in random.sample(possible, random.randint(1, 3)):
            changes |= change
        distance = timedelta(minutes=random.choice((5, 15, 60)))
        shift = {"received later": distance, "received earlier": -distance}.get(kind, timedelta())
        return event | changes | {"received_at": timestamp(received(event) + shift), "sent_at": None}

    def days(self) -> Iterator[Day]:
        """The days with their clocks, names of files and overrides."""
        random = self.random
        as_of = START
        overrides: list[Row] = []
        for number, events in enumerate(self.landed):
            random.shuffle(events)
            as_of = self.clock(events, as_of)
            files: dict[str, list[RawEvent]] = {}
            if number not in self.idle_days:
                cut = random.randint(1, len(events)) if random.random() < 0.25 else len(events)
                # Names in no order of time: what is new must not be found by the greatest name.
                parts = [part for part in (events[:cut], events[cut:]) if part]
                if number > 0 and random.random() < 0.08:
                    # An hour without an event is a file without a row.
                    parts.append([])
                if parts:
                    parts[0] += self.consent_changes(number)
                files = {f"{random.getrandbits(24):06x}_day_{number + 1}_{i}": part for i, part in enumerate(parts)}
            overrides = self.decide(overrides)
            yield Day(number + 1, as_of, files, overrides)

    def consent_changes(self, number: int) -> list[RawEvent]:
        """Statements of consent that land on a day, some of them made days before."""
        random = self.random_consent
        changes = []
        for position in range(random.choice((0, 1, 1, 2))):
            made_at = START + timedelta(days=number - random.choice((0, 0, 0, 1, 3)), hours=random.choice((8, 12, 22)))
            change: RawEvent = dict.fromkeys(COLUMNS)
            changes.append(
                change
                | {
                    "event_id": f"c{number}-{position}",
                    "event_name": "consent_updated",
                    "occurred_at": timestamp(made_at),
                    "anonymous_id": random.choice(self.world.visitors),
                    "has_consent": random.choice(("false", "false", "true")),
                }
            )
            if self.random_refusals.random() < 0.3:
                # A login says it where no visitor is known, as in a preference centre.
                changes[-1] |= {"anonymous_id": None, "user_id": self.random_refusals.choice(self.world.users)}
        return changes

    def clock(self, events: list[RawEvent], before: datetime) -> datetime:
        """A clock after the last run's, such that some events are below the watermark and some exactly at it."""
        plausible = [moment for event in events if (moment := received(event)) < datetime(2100, 1, 1)]
        if not plausible:
            return before + timedelta(minutes=self.random.choice((5, 60)))
        latest = max(plausible)
        minutes = self.random.choice((0, 5, 10, 10, 20, 60, -600))
        return max(latest + timedelta(minutes=minutes), before + timedelta(minutes=self.random.choice((5, 60))))

    def decide(self, overrides: list[Row]) -> list[Row]:
        """The overrides after a day on which owners may add some and take some back."""
        random, world = self.random, self.world
        kept = [override for override in overrides if random.random() > 0.3]
        space = "second" if world.second_space_day and random.random() < 0.2 else "default"
        for _ in range(random.choice((0, 0, 1, 2))):
            kind = random.choice(("never_link", "never_link", "always_link", "block_key"))
            override: Row = {"override_type": kind, "space_id": space, "reason": "a test", "owner": "identity"}
            if kind == "block_key":
                email_hash = hashlib.sha256(random.choice(world.emails).encode()).hexdigest()
                key_type, key_value = random.choice(
                    (
                        ("user_id", random.choice(world.users)),
                        ("email_hash", email_hash),
                        ("click_id", f"Cj0K{random.randint(1, 5)}"),
                        ("checkout_id", f"checkout-{random.randint(1, 6)}"),
                        ("order_id", f"order-{random.randint(1, 9)}"),
                    )
                )
                override |= {"key_type": key_type, "key_value": key_value}
            else:
                one, other = random.sample(world.visitors, 2)
                override |= {"anonymous_id_a": one, "anonymous_id_b": other}
            if override not in kept:
                kept.append(override)
        return kept


def day_stream(seed: int, day_count: int = 10) -> Stream:
    """Make the stream of a seed.

    Args:
        seed: decides everything; the configuration and the format of the files alternate with it.
        day_count: number of days. A stream of fewer days is another stream, not the beginning of this one.

    """
    return StreamMaker(seed, day_count).make()
