"""Generate a synthetic raw event stream together with the ground truth of who is behind each anonymous id.

    python scripts/generate_events.py --events 20000 --seed 7 --days 60 --start 2026-01-05 --out events.parquet

How it works. People are drawn in independent chunks of CHUNK_EVENTS events, so memory does not grow with the
size of the stream. Within a chunk numpy draws integers only (`draw_people` -> `draw_sessions` -> `draw_events`), and
one DuckDB query (`format_query`) turns them into the text columns of the raw event contract. Every draw comes from a
Philox generator keyed by (seed, chunk), so the same arguments give the same rows on any machine.

Tables are dictionaries of equally long 1-d numpy arrays (`Columns`): one element a person, a session or an event.
Times are int64 microseconds since 1970-01-01 UTC, always whole milliseconds, unless a name says otherwise.

Rows are in order of received_at within a chunk; a stream of one chunk is therefore wholly in order.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Columns = dict[str, np.ndarray]
FormattedChunk = tuple[np.ndarray, pa.Table, pa.Table]  # received_at, raw events in its order, truth

# --- Size -----------------------------------------------------------------------------------------------------------
CHUNK_EVENTS = 100_000
ROW_GROUP_CHUNKS = 5  # chunks collected before writing, so that a day's file has few row groups
PEOPLE_PER_EVENT = 1 / 22  # drawn a little too many: the chunk is cut at its exact number of rows
SPARE_PEOPLE = 200
BATCH_ROWS = 25_000
PERSON_NUMBER_STRIDE = 10_000  # person and household numbers of a chunk start at chunk * stride
SESSION_NUMBER_STRIDE = 1 << 24
MAX_DAYS = 700  # a home has at most 64 successive ips

# --- People ---------------------------------------------------------------------------------------------------------
HOUSEHOLD_SIZE_SHARES = (0.74, 0.19, 0.05, 0.02)  # 1, 2, 3, 4 persons who visit the site
PARTNER_SPACE_SHARE = 0.03
USER_SHARE = 0.65
NEW_USER_SHARE = 0.10  # of users: their first session is the sign-up
NON_CONSENT_SHARE = 0.04  # a new `non-consent-<uuid>` id every session
REFUSED_WITH_COOKIE_SHARE = 0.01  # has_consent false, ordinary ids
UNKNOWN_CONSENT_SHARE = 0.25  # has_consent null
OFFICE_SHARE = 0.20
OFFICE_PEOPLE = 150
TEAM_SIZES = (3, 30)  # colleagues; half of the teams share an account
TEAM_ACCOUNT_SHARE = 0.5
AGENCY_EVERY = 200  # one person in so many holds 2-4 accounts
CARRIER_IP_PEOPLE = 300
IPV6_HOUSEHOLD_SHARE = 0.15
HOME_IP_DAYS = (14, 28)
APP_SHARE = 0.08
CHURN_SHARE = 0.15  # of cookies: replaced after COOKIE_DAYS
COOKIE_DAYS = (7, 28)
SKEWED_CLOCK_SHARE = 0.02  # of devices: off by up to MAX_CLOCK_SKEW_HOURS
MAX_CLOCK_SKEW_HOURS = 12

# --- Devices (browser cookie slots), places, sources of a session, event names ---------------------------------------
PHONE, IN_APP, DESKTOP, TABLET = range(4)
DEVICE_SHARES = (0.92, 0.0, 0.70, 0.20)  # who owns one; the in-app browser comes with the phone
DEVICE_USE = (0.50, 0.0, 0.40, 0.10)  # which one a visit uses, among those owned
HOME, OFFICE, CARRIER = range(3)
DIRECT, ORGANIC, SOCIAL, GOOGLE, FACEBOOK, TIKTOK, BING, RETARGETING, NEWSLETTER = range(9)
SOURCE_SHARES = (0.51, 0.265, 0.06, 0.015, 0.025, 0.005, 0.005, 0.045, 0.07)
CLICK_SOURCES = (GOOGLE, FACEBOOK, TIKTOK, BING)
IN_APP_SOURCES = (FACEBOOK, TIKTOK)  # seen on the phone, where their ads open inside the app
BROWSE, PURCHASE, SIGN_UP, QUOTE = range(4)
PURPOSE_SHARES = (0.965, 0.027, 0.0, 0.008)  # sign-ups follow from NEW_USER_SHARE
PURPOSE_MIN_EVENTS = (1, 5, 2, 3)

(
    PAGE_VIEW,
    APP_OPENED,
    PRODUCT_VIEWED,
    PRODUCT_ADDED,
    CHECKOUT_STARTED,
    ORDER_COMPLETED,
    SIGNED_UP,
    LOGGED_IN,
    NEWSLETTER_CLICKED,
    QUOTE_REQUESTED,
    JOINED_ACCOUNT,
    WISHLIST_SHARED,
) = range(12)
EVENT_NAMES = (
    "page_view",
    "app_opened",
    "product_viewed",
    "product_added",
    "checkout_started",
    "order_completed",
    "signed_up",
    "logged_in",
    "newsletter_clicked",
    "quote_requested",
    "joined_account",
    "wishlist_shared",
)
EVENT_TYPES = (
    "page",
    "screen",
    "track",
    "track",
    "track",
    "track",
    "track",
    "identify",
    "page",
    "track",
    "group",
    "track",
)
BROWSING_KINDS = (PAGE_VIEW, PRODUCT_VIEWED, PRODUCT_ADDED, WISHLIST_SHARED)
BROWSING_SHARES = (0.685, 0.27, 0.04, 0.005)

# --- Behaviour ------------------------------------------------------------------------------------------------------
VISITS_LOG_MEAN, VISITS_LOG_SIGMA, MAX_VISITS = 1.1, 1.1, 200  # visits of a person, log-normal
AGENCY_VISIT_FACTOR = 4
KNOWN_BEFORE_SHARE = 0.40  # people active from day 0 on; the others turn up later
SECOND_DEVICE_SHARE = 0.45  # of home visits: the person goes on with another device
BRIDGE_SHARE = 0.75  # of in-app ad clicks: opened in the native browser minutes later
LOGIN_SHARE, AGENCY_LOGIN_SHARE = 0.60, 0.90
SHARED_LOGIN_SHARE = 0.95  # of sessions on a device that several persons use: who shares one signs in
MAX_SESSION_EVENTS = 12
LATE_SHARE = 0.02
LATE_HOURS = (1, 100)
SERVER_ORDER_SHARE = 0.90  # orders followed by a server event without anonymous id
PHONE_ORDER_SHARE = 0.25  # of those: a further order by phone, not a copy of the browser's
DUPLICATE_SHARE = 0.01
MALFORMED_SHARE = 0.005
LEAK_SHARE = 0.03  # of events of a known user: raw email or phone in properties or page_url

# Kinds of malformed rows; 0 is a well-formed row.
MALFORMED_KINDS = 7
(NO_EVENT_ID, NO_EVENT_NAME, UNPARSABLE_TIME, IMPLAUSIBLE_TIME, NO_ID, INCOMPLETE_ORDER, SIGN_UP_WITHOUT_USER) = range(
    1, MALFORMED_KINDS + 1
)
EMAIL_LEAK, PHONE_LEAK, URL_LEAK = 1, 2, 3
PERSONAL_ADDRESS, COMPANY_ADDRESS = 1, 2

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
IMPLAUSIBLE_TIMES = (HOUR, int(datetime(2199, 1, 1, tzinfo=UTC).timestamp()) * SECOND)

# --- Texts ----------------------------------------------------------------------------------------------------------
FIRST_NAMES = (
    "anna",
    "ben",
    "chloe",
    "david",
    "elif",
    "finn",
    "grace",
    "hugo",
    "ines",
    "jonas",
    "kira",
    "liam",
    "mia",
    "noah",
    "olga",
    "paul",
    "rosa",
    "sami",
    "tara",
    "yusuf",
)
LAST_NAMES = (
    "adams",
    "becker",
    "costa",
    "dubois",
    "eriksen",
    "fischer",
    "garcia",
    "haas",
    "ivanov",
    "jansen",
    "klein",
    "lopez",
    "meyer",
    "novak",
    "okafor",
    "peters",
    "rossi",
    "schmidt",
    "tanaka",
    "weber",
)
# Repeated entries weigh a domain.
PERSONAL_DOMAINS = ("gmail.com",) * 5 + ("outlook.com",) * 2 + ("example.com", "example.org", "mail.example")
EMAIL_VARIANTS = 6
PATHS = ("/", "/sale", "/new", "/women", "/men", "/home-living", "/stores", "/about", "/help", "/blog/spring-looks")
CAMPAIGNS = ("spring_sale", "brand", "new_arrivals", "clearance", "loyalty", "always_on")
WEBKIT, KHTML = "AppleWebKit/605.1.15 (KHTML, like Gecko)", "AppleWebKit/537.36 (KHTML, like Gecko)"
USER_AGENTS = (  # DEVICE_MODELS a slot, in the order of the slots
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) {WEBKIT} Version/18.2 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {KHTML} Chrome/131.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) {WEBKIT} Mobile/15E148 Instagram 361.0.0.35.82",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) {KHTML} Version/4.0 Chrome/131.0.0.0 [FB_IAB/FB4A;FBAV/494.0.0.40]",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KHTML} Chrome/131.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.2 Safari/605.1.15",
    f"Mozilla/5.0 (iPad; CPU OS 18_2 like Mac OS X) {WEBKIT} Version/18.2 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 14; SM-X710) {KHTML} Chrome/131.0.0.0 Safari/537.36",
)
DEVICE_MODELS = 2


def make_rng(seed: int, chunk: int) -> np.random.Generator:
    """Random generator of one chunk, independent of all other chunks."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy=seed, spawn_key=(chunk,))))


def take(table: Columns, rows: np.ndarray) -> Columns:
    """The given rows (integer positions or a boolean mask) of a table."""
    return {name: values[rows] for name, values in table.items()}


def stack(*tables: Columns) -> Columns:
    """Tables with the same columns, one below the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def draw_uniform_ms(rng: np.random.Generator, low: int, high: int, size: int) -> np.ndarray:
    """Durations in microseconds (int64, whole milliseconds), uniform in [low, high)."""
    return rng.integers(low // 1000, high // 1000, size) * 1000


def group_consecutive(sizes: np.ndarray, n: int) -> np.ndarray:
    """Group index (int64, shape n) of n elements filled into consecutive groups of the given sizes."""
    return np.repeat(np.arange(len(sizes)), sizes)[:n]


def draw_people(rng: np.random.Generator, chunk: int, n: int, days: int) -> Columns:
    """Draw n people with their lasting traits; every array has shape (n,) or, per device slot, (n, 4)."""
    first_number = chunk * PERSON_NUMBER_STRIDE + 1
    household = group_consecutive(rng.choice(4, n, p=HOUSEHOLD_SIZE_SHARES) + 1, n)
    homes = household[-1] + 1
    is_agency = np.arange(n) % AGENCY_EVERY == AGENCY_EVERY // 2

    owns = rng.random((n, 4)) < DEVICE_SHARES
    owns[~owns.any(axis=1), PHONE] = True
    owns[is_agency] = np.arange(4) == DESKTOP  # an agency's cookies differ by account, not by device

    # Colleagues are consecutive among the office workers; an office holds whole teams.
    is_office_worker = (rng.random(n) < OFFICE_SHARE) | is_agency
    workers = int(is_office_worker.sum())
    team_of_worker = group_consecutive(rng.integers(TEAM_SIZES[0], TEAM_SIZES[1] + 1, workers), workers)
    team_start = np.searchsorted(team_of_worker, team_of_worker)
    team, office = np.full(n, -1), np.full(n, -1)
    team[is_office_worker] = team_of_worker
    office[is_office_worker] = np.minimum(team_start // OFFICE_PEOPLE, max(workers // OFFICE_PEOPLE - 1, 0))
    team_has_account = rng.random(n) < TEAM_ACCOUNT_SHARE

    consent_draw = rng.random(n)
    is_non_consent = (consent_draw < NON_CONSENT_SHARE) & ~is_agency
    refused = NON_CONSENT_SHARE + REFUSED_WITH_COOKIE_SHARE
    is_user = (rng.random(n) < USER_SHARE) | is_agency
    first_day = np.where(rng.random(n) < KNOWN_BEFORE_SHARE, 0, rng.random(n) * days * 0.9)
    return {
        "person_number": first_number + np.arange(n),
        "household_number": first_number + household,
        "household_start": np.searchsorted(household, household),
        "household_size": np.bincount(household)[household],
        "is_partner_space": (rng.random(homes) < PARTNER_SPACE_SHARE)[household],
        "home_ip_days": rng.integers(HOME_IP_DAYS[0], HOME_IP_DAYS[1] + 1, homes)[household],
        "home_ip_offset": rng.integers(0, HOME_IP_DAYS[1], homes)[household],
        "is_ipv6": (rng.random(homes) < IPV6_HOUSEHOLD_SHARE)[household],
        "owns": owns,
        "is_agency": is_agency,
        "account_count": np.where(is_agency, rng.integers(2, 5, n), 0),
        "has_team_account": is_office_worker & team_has_account[team] & ~is_agency,
        "team_number": first_number + team,
        "is_office_worker": is_office_worker,
        "office_number": chunk * 1000 + 1 + office,
        "is_user": is_user,
        "is_new_user": is_user & ~is_agency & (rng.random(n) < NEW_USER_SHARE),
        "is_non_consent": is_non_consent,
        "consent": np.select(  # 0 false, 1 true, 2 null
            [is_agency, consent_draw < refused, consent_draw < refused + UNKNOWN_CONSENT_SHARE], [1, 0, 2], 1
        ),
        "is_app_user": (rng.random(n) < APP_SHARE) & owns[:, PHONE],
        "cookie_days": np.where(
            rng.random((n, 4)) < CHURN_SHARE, rng.integers(COOKIE_DAYS[0], COOKIE_DAYS[1] + 1, (n, 4)), MAX_DAYS
        ),
        "cookie_offset": rng.integers(0, COOKIE_DAYS[0], (n, 4)),
        "clock_skew": np.where(
            rng.random((n, 4)) < SKEWED_CLOCK_SHARE,
            rng.choice((-1, 1), (n, 4)) * rng.integers(1, MAX_CLOCK_SKEW_HOURS + 1, (n, 4)) * HOUR,
            0,
        ),
        "device_model": rng.integers(0, DEVICE_MODELS, n),
        "first_name": rng.integers(1, len(FIRST_NAMES) + 1, n),
        "last_name": rng.integers(1, len(LAST_NAMES) + 1, n),
        "domain": rng.integers(1, len(PERSONAL_DOMAINS) + 1, n),
        "is_usd": rng.random(n) < 0.1,
        "first_day": first_day.astype(np.int64),
        "visit_count": np.minimum(
            (1 + rng.lognormal(VISITS_LOG_MEAN, VISITS_LOG_SIGMA, n)) * np.where(is_agency, AGENCY_VISIT_FACTOR, 1),
            MAX_VISITS,
        ).astype(np.int64),
    }


def choose_device(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    """One device slot (int64, shape n) per row of the weights (shape (n, 4)); rows must not be all zero."""
    cumulative = weights.cumsum(axis=1)
    return (rng.random(len(weights))[:, None] * cumulative[:, -1:] >= cumulative).sum(axis=1)


def home_ip(people: Columns, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Number of the home ip (int64) that a person's household has on a day."""
    period = (day + people["home_ip_offset"][person]) // people["home_ip_days"][person]
    return people["household_number"][person] * 64 + period


def draw_visits(rng: np.random.Generator, people: Columns, chunk: int, first_weekday: int, days: int) -> Columns:
    """Draw when, where, on which device and from which source each person visits, ordered by person and time.

    `start` is in microseconds since the first day's midnight; `click` is 0 or the number of an ad click.
    """
    person = np.repeat(np.arange(len(people["visit_count"])), people["visit_count"])
    n = len(person)
    first_day = people["first_day"][person]
    day = first_day + (rng.random(n) * (days - first_day)).astype(np.int64)
    slot = choose_device(rng, people["owns"][person] * np.array(DEVICE_USE))

    is_workday = (day + first_weekday) % 7 < 5
    office_share = np.select([people["is_agency"][person], slot == DESKTOP, slot == PHONE], [1.0, 0.45, 0.25], 0.0)
    at_office = people["is_office_worker"][person] & is_workday & (rng.random(n) < office_share)
    on_the_move = (slot == PHONE) & (rng.random(n) < 0.4)
    place = np.select([at_office, on_the_move], [OFFICE, CARRIER], HOME)
    evening, working, waking = np.clip(rng.normal(20, 2, n), 6, 23.7), rng.uniform(9, 17.5, n), rng.uniform(7, 22, n)
    hour = np.choose(place, [evening, working, waking])
    start = day * DAY + (hour * 3_600_000).astype(np.int64) * 1000
    carriers = max(len(people["is_user"]) // CARRIER_IP_PEOPLE, 2)
    carrier_ip = chunk * 1000 + rng.integers(1, carriers + 1, n)
    ip = np.choose(place, [home_ip(people, person, day), people["office_number"][person], carrier_ip])
    account_slot = (rng.random(n) * people["account_count"][person]).astype(np.int64) + people["is_agency"][person]

    order = np.lexsort((np.arange(n), start, person))
    visits = {"person": person, "start": start, "slot": slot, "place": place, "ip": ip, "account_slot": account_slot}
    visits = take(visits, order)
    is_first = np.diff(visits["person"], prepend=-1) > 0
    source = rng.choice(len(SOURCE_SHARES), n, p=SOURCE_SHARES)
    # Nobody can be retargeted or written to before the first visit.
    source[is_first & np.isin(source, (RETARGETING, NEWSLETTER))] = ORGANIC
    in_app = np.isin(source, IN_APP_SOURCES) & people["owns"][visits["person"], PHONE]
    visits["slot"][in_app] = IN_APP
    is_click = np.isin(source, CLICK_SOURCES)
    click = np.where(is_click, chunk * SESSION_NUMBER_STRIDE + np.arange(n) + 1, 0)
    return visits | {
        "source": source,
        "click": click,
        "campaign": rng.integers(1, len(CAMPAIGNS) + 1, n),
        "landing_path": rng.integers(1, len(PATHS) + 1, n),
    }


def continue_in_native_browser(rng: np.random.Generator, visits: Columns) -> Columns:
    """Sessions in which an ad opened in an in-app browser is opened again in the phone's own browser."""
    bridged = take(visits, (visits["slot"] == IN_APP) & (rng.random(len(visits["slot"])) < BRIDGE_SHARE))
    n = len(bridged["slot"])
    delay = draw_uniform_ms(rng, 4 * MINUTE, 20 * MINUTE, n)
    return bridged | {"start": bridged["start"] + delay, "slot": np.full(n, PHONE)}


def continue_on_second_device(rng: np.random.Generator, visits: Columns, people: Columns) -> Columns:
    """Direct sessions that follow a home visit on another device; agencies go on with their next account instead."""
    person = visits["person"]
    is_agency = people["is_agency"][person]
    other = people["owns"][person] * np.array(DEVICE_USE)
    used = np.where(visits["slot"] == IN_APP, PHONE, visits["slot"])
    other[np.arange(len(person)), used] = 0
    goes_on = rng.random(len(person)) < SECOND_DEVICE_SHARE
    chosen = goes_on & (is_agency | ((visits["place"] == HOME) & (other.sum(axis=1) > 0)))
    second = take(visits, chosen)
    n = len(second["person"])
    weights = np.where(is_agency[chosen, None], np.arange(4) == DESKTOP, other[chosen])
    accounts = np.maximum(people["account_count"][second["person"]], 1)
    return second | {
        "start": second["start"] + draw_uniform_ms(rng, 10 * MINUTE, 100 * MINUTE, n),
        "slot": choose_device(rng, weights),
        "account_slot": np.where(is_agency[chosen], second["account_slot"] % accounts + 1, 0),
        "source": np.full(n, DIRECT),
        "click": np.zeros(n, np.int64),
    }


def pass_clicks_on(rng: np.random.Generator, visits: Columns, people: Columns, rate: float) -> Columns:
    """Sessions of another person of the household who opens the same ad click within a day: false links."""
    shareable = (people["household_size"][visits["person"]] > 1) & ~people["is_agency"][visits["person"]]
    candidates = np.flatnonzero((visits["click"] > 0) & shareable)
    count = min(round(rate * int((visits["click"] > 0).sum())), len(candidates))
    shared = take(visits, np.sort(rng.permutation(candidates)[:count]))
    giver = shared["person"]
    start, size = people["household_start"][giver], people["household_size"][giver]
    receiver = start + (giver - start + rng.integers(1, np.maximum(size, 2))) % size
    shared["start"] = shared["start"] + draw_uniform_ms(rng, 30 * MINUTE, 23 * HOUR, count)
    return shared | {
        "person": receiver,
        "slot": choose_device(rng, people["owns"][receiver] * np.array(DEVICE_USE)),
        "place": np.full(count, HOME),
        "ip": home_ip(people, receiver, shared["start"] // DAY),
        "account_slot": people["is_agency"][receiver].astype(np.int64),
    }


def share_devices(rng: np.random.Generator, people: Columns, rate: float) -> Columns:
    """Let a share of the homes with several visitors use the desktop and tablet of the first, each with a login.

    `shares_devices` (shape n) says who does.
    """
    home, first = people["household_number"] - people["household_number"][0], people["household_start"]
    shares = (rng.random(home[-1] + 1) < rate)[home] & (people["household_size"] > 1)
    can_share = ~people["is_agency"] & ~people["is_non_consent"]
    shares &= can_share & can_share[first]
    return people | {"shares_devices": shares, "is_user": people["is_user"] | shares}


def draw_sessions(
    rng: np.random.Generator,
    people: Columns,
    chunk: int,
    start: date,
    days: int,
    shared_click_rate: float,
    rng_of_devices: np.random.Generator,
) -> Columns:
    """Draw all sessions of the people, ordered by person and time, with their length, purpose and cookie."""
    visits = draw_visits(rng, people, chunk, start.weekday(), days)
    sessions = stack(
        visits,
        continue_in_native_browser(rng, visits),
        continue_on_second_device(rng, visits, people),
        pass_clicks_on(rng, visits, people, shared_click_rate),
    )
    sessions = take(sessions, sessions["start"] < days * DAY)
    sessions = take(sessions, np.lexsort((np.arange(len(sessions["start"])), sessions["start"], sessions["person"])))
    person, slot = sessions["person"], sessions["slot"]
    n = len(person)

    in_app = slot == IN_APP
    is_first = np.diff(person, prepend=-1) > 0
    purpose = rng.choice(len(PURPOSE_SHARES), n, p=PURPOSE_SHARES)
    purpose[is_first & people["is_new_user"][person]] = SIGN_UP
    purpose[in_app] = BROWSE
    length = np.minimum(rng.geometric(0.28, n), MAX_SESSION_EVENTS)
    length = np.maximum(np.where(in_app, np.minimum(length, 2), length), np.take(PURPOSE_MIN_EVENTS, purpose))
    is_shared = people["shares_devices"][person] & np.isin(slot, (DESKTOP, TABLET))
    owner = np.where(is_shared, people["household_start"][person], person)
    signs_in = is_shared & (rng_of_devices.random(n) < SHARED_LOGIN_SHARE)
    length[signs_in] = np.maximum(length[signs_in], 2)

    login_share = np.where(people["is_agency"][person], AGENCY_LOGIN_SHARE, LOGIN_SHARE)
    logs_in = people["is_user"][person] & ~in_app & (rng.random(n) < login_share) | signs_in
    logs_in &= (purpose != SIGN_UP) & (length > 1)
    # A login comes before the last three events (cart, checkout, order) wherever the session is long enough.
    login_at = 1 + (rng.random(n) * np.maximum(length - 4, 1)).astype(np.int64)

    session_number = chunk * SESSION_NUMBER_STRIDE + np.arange(n) + 1
    cookie_age = sessions["start"] // DAY + people["cookie_offset"][owner, slot]
    generation = cookie_age // people["cookie_days"][owner, slot]
    cookie = ((people["person_number"][owner] * 4 + slot) * 8 + sessions["account_slot"]) * 128 + generation
    sessions |= {
        "session_number": session_number,
        "length": length,
        "purpose": purpose,
        "login_at": np.where(logs_in, login_at, MAX_SESSION_EVENTS),
        # The negative numbers are the cookies of visitors without consent, new with every session.
        "cookie": np.where(people["is_non_consent"][person], -session_number, cookie),
    }
    return sessions


def draw_kinds(
    rng: np.random.Generator, sessions: Columns, people: Columns, s: np.ndarray, pos: np.ndarray
) -> np.ndarray:
    """Kind of each event (int64 index into EVENT_NAMES), given its session `s` and its position there."""
    person, purpose = sessions["person"][s], sessions["purpose"][s]
    remaining = sessions["length"][s] - 1 - pos  # events that follow in the session
    after_login = pos - sessions["login_at"][s]
    is_landing = pos == 0
    opens_app = is_landing & people["is_app_user"][person] & (sessions["slot"][s] == PHONE)
    has_account = people["has_team_account"][person] | people["is_agency"][person]
    return np.select(
        [
            is_landing & (sessions["source"][s] == NEWSLETTER),
            opens_app & (sessions["source"][s] == DIRECT),
            is_landing,
            (purpose == PURCHASE) & (remaining == 0),
            (purpose == PURCHASE) & (remaining == 1),
            (purpose == PURCHASE) & (remaining == 2),
            (purpose == SIGN_UP) & (remaining == 0),
            (purpose == QUOTE) & (remaining == 0),
            after_login == 0,
            (after_login == 1) & has_account & (rng.random(len(s)) < 0.2),
        ],
        [
            NEWSLETTER_CLICKED,
            APP_OPENED,
            PAGE_VIEW,
            ORDER_COMPLETED,
            CHECKOUT_STARTED,
            PRODUCT_ADDED,
            SIGNED_UP,
            QUOTE_REQUESTED,
            LOGGED_IN,
            JOINED_ACCOUNT,
        ],
        np.take(BROWSING_KINDS, rng.choice(len(BROWSING_KINDS), len(s), p=BROWSING_SHARES)),
    )


def draw_events(rng: np.random.Generator, people: Columns, sessions: Columns, origin: int) -> Columns:
    """Expand sessions into events; one row per event, ordered by session, then time.

    `origin` is the first day's midnight. Besides what is copied from session and person, the columns say which raw
    columns are filled: `shows_user`, `shows_email`, `shows_phone`, `address_kind` (0 none), `leak` (0 none).
    """
    length = sessions["length"]
    s = np.repeat(np.arange(len(length)), length)
    n = len(s)
    session_start_row = (np.cumsum(length) - length)[s]
    pos = np.arange(n) - session_start_row
    person, slot = sessions["person"][s], sessions["slot"][s]
    kind = draw_kinds(rng, sessions, people, s, pos)

    gap = np.clip(rng.exponential(50, n), 2, 1500) * 1000
    elapsed = np.cumsum(np.where(pos == 0, 0, gap.astype(np.int64)) * 1000)
    true_time = origin + sessions["start"][s] + elapsed - elapsed[session_start_row]

    is_late = rng.random(n) < LATE_SHARE
    queued = draw_uniform_ms(rng, 0, SECOND // 5, n)
    queued += np.where(is_late, draw_uniform_ms(rng, LATE_HOURS[0] * HOUR, LATE_HOURS[1] * HOUR, n), 0)
    skew = people["clock_skew"][person, slot]

    is_user, is_agency = people["is_user"][person], people["is_agency"][person]
    is_logged_in = pos >= sessions["login_at"][s]
    shows_user = is_logged_in | (kind == SIGNED_UP)
    is_order = kind == ORDER_COMPLETED
    shows_email = np.isin(kind, (LOGGED_IN, SIGNED_UP, QUOTE_REQUESTED)) | (is_order & (rng.random(n) < 0.9))
    is_known = shows_user | np.isin(kind, (ORDER_COMPLETED, QUOTE_REQUESTED))
    leak = np.where(is_known & (rng.random(n) < LEAK_SHARE), rng.integers(1, 4, n), 0)
    at_work = (sessions["place"][s] == OFFICE) | is_agency
    needs_address = shows_email | (leak > 0) | (kind == NEWSLETTER_CLICKED)
    address_kind = np.where(at_work & (kind != NEWSLETTER_CLICKED), COMPANY_ADDRESS, PERSONAL_ADDRESS) * needs_address

    # Carts of users follow them from device to device for two weeks; other carts live in the cookie.
    user_cart = people["person_number"][person] * 512 + sessions["account_slot"][s] * 64
    user_cart += sessions["start"][s] // (14 * DAY)
    cart = np.where(is_user, user_cart, -np.abs(sessions["cookie"][s]))
    team_account = people["team_number"][person] * 8 * (people["has_team_account"][person] & is_logged_in)
    agency_account = people["person_number"][person] * 8 + sessions["account_slot"][s]
    traits = (
        "person_number",
        "is_partner_space",
        "is_ipv6",
        "is_agency",
        "team_number",
        "consent",
        "device_model",
        "first_name",
        "last_name",
        "domain",
        "is_usd",
    )
    copied = ("slot", "place", "ip", "source", "click", "campaign", "account_slot", "cookie", "session_number")
    return {
        **{name: people[name][person] for name in traits},
        **{name: sessions[name][s] for name in copied},
        "session": s,
        "position": pos,
        "kind": kind,
        "true_at": true_time,
        "occurred_at": true_time + skew,
        "sent_at": true_time + queued + skew,
        "received_at": true_time + queued + draw_uniform_ms(rng, SECOND // 20, 2 * SECOND, n),
        "has_cookie": np.ones(n, bool),
        "has_device_id": people["is_app_user"][person] & (slot == PHONE),
        "has_user": is_user,
        "shows_user": shows_user,
        "shows_email": shows_email,
        "shows_phone": is_order & (rng.random(n) < 0.4),
        "address_kind": address_kind,
        "email_variant": rng.integers(0, EMAIL_VARIANTS, n),
        "leak": leak,
        "account": np.where(is_agency, agency_account, team_account),
        "cart": cart,
        "order": np.where(is_order, sessions["session_number"][s] * 2, 0),
        "revenue": np.where(is_order, np.round(np.exp(rng.normal(4.0, 0.7, n)), 2), np.nan),
        "is_schema_2": is_order & (rng.random(n) < 0.2),
        "product": rng.integers(1, 500, n),
        "path": np.where(pos == 0, sessions["landing_path"][s], rng.integers(1, len(PATHS) + 1, n)),
        "previous_path": rng.integers(1, len(PATHS) + 1, n),
        "malformed": np.zeros(n, np.int64),
    }


def add_server_orders(rng: np.random.Generator, events: Columns, rows: int) -> Columns:
    """Add device-less server events for part of the orders (a copy, or a further one by phone); keep `rows` rows."""
    orders = np.flatnonzero(events["kind"] == ORDER_COMPLETED)
    server = take(events, orders[rng.random(len(orders)) < SERVER_ORDER_SHARE])
    n = len(server["kind"])
    is_further = rng.random(n) < PHONE_ORDER_SHARE
    true_time = server["received_at"] + np.where(is_further, draw_uniform_ms(rng, HOUR, 24 * HOUR, n), 0)
    shows_user = server["has_user"] & (rng.random(n) < 0.7)
    none = np.zeros(n, bool)
    server |= {
        "occurred_at": true_time,
        "received_at": true_time + draw_uniform_ms(rng, SECOND, MINUTE, n),
        "has_cookie": none,
        "has_device_id": none,
        "shows_user": shows_user,
        "shows_email": ~shows_user | (rng.random(n) < 0.5),
        "address_kind": np.where(server["is_agency"], COMPANY_ADDRESS, PERSONAL_ADDRESS),
        "leak": np.zeros(n, np.int64),
        "order": server["order"] + is_further,
    }
    both = stack(events, server)
    return take(both, np.argsort(both["session"], kind="stable")[:rows])


def break_rows(rng: np.random.Generator, events: Columns, count: int) -> Columns:
    """Make `count` rows malformed, of each kind equally many; they were plain page views, so that no order is lost."""
    candidates = np.flatnonzero((events["kind"] == PAGE_VIEW) & (events["position"] > 0))
    rows = rng.permutation(candidates)[:count]
    number = np.arange(len(rows))
    fault = number % MALFORMED_KINDS + 1
    is_second_form = number // MALFORMED_KINDS % 2 == 1  # two of the kinds have two forms
    events["malformed"][rows] = fault
    implausible, order = fault == IMPLAUSIBLE_TIME, fault == INCOMPLETE_ORDER
    events["occurred_at"][rows[implausible]] = np.take(IMPLAUSIBLE_TIMES, is_second_form[implausible])
    events["kind"][rows[order]] = ORDER_COMPLETED
    events["order"][rows[order & is_second_form]] = events["session_number"][rows[order & is_second_form]] * 2
    events["revenue"][rows[order & ~is_second_form]] = 49.9
    events["kind"][rows[fault == SIGN_UP_WITHOUT_USER]] = SIGNED_UP
    for name in ("leak", "shows_user"):  # a broken row says no more than its fault allows
        events[name][rows[np.isin(fault, (NO_ID, SIGN_UP_WITHOUT_USER))]] = 0
    return events


def deliver(rng: np.random.Generator, events: Columns, duplicates: int) -> Columns:
    """Put the rows in order of received_at, `duplicates` well-formed ones of them twice.

    A duplicate equals its original in everything but received_at, which is seconds to hours later.
    """
    repeated = rng.permutation(np.flatnonzero(events["malformed"] == 0))[:duplicates]
    rows = np.concatenate([np.arange(len(events["malformed"])), repeated])
    received_at = events["received_at"][rows]
    received_at[len(rows) - duplicates :] += draw_uniform_ms(rng, SECOND, 2 * HOUR, duplicates)
    order = np.argsort(received_at, kind="stable")
    return take(events, rows[order]) | {"received_at": received_at[order]}


def generate_chunk(
    seed: int, chunk: int, rows: int, start: date, days: int, shared_click_rate: float, shared_device_rate: float = 0
) -> tuple[Columns, Columns]:
    """Events of one chunk (exactly `rows` rows, in order of received_at) and its truth.

    The truth has one row per cookie; of a cookie that several persons used, one per session.
    """
    rng = make_rng(seed, chunk)
    # Of their own, so that who shares a computer leaves the rest of the stream as it is.
    rng_of_devices = make_rng(seed, 1 << 31 | chunk)
    duplicates = round(rows * DUPLICATE_SHARE)
    base_rows = rows - duplicates
    people = draw_people(rng, chunk, int(rows * PEOPLE_PER_EVENT) + SPARE_PEOPLE, days)
    people = share_devices(rng_of_devices, people, shared_device_rate)
    sessions = draw_sessions(
        rng,
        people,
        chunk,
        start,
        days,
        shared_click_rate,
        rng_of_devices,
    )
    total = np.cumsum(sessions["length"])
    if total[-1] < base_rows:
        raise RuntimeError(f"chunk {chunk}: {total[-1]} events drawn, {base_rows} needed; raise PEOPLE_PER_EVENT")
    sessions = take(sessions, np.arange(len(total)) <= np.searchsorted(total, base_rows))
    origin = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()) * SECOND
    events = add_server_orders(rng, draw_events(rng, people, sessions, origin), base_rows)
    events["event_number"] = chunk * SESSION_NUMBER_STRIDE + np.arange(base_rows)
    events = break_rows(rng, events, round(rows * MALFORMED_SHARE))
    events = deliver(rng, events, duplicates)

    visible = np.flatnonzero(events["has_cookie"] & (events["malformed"] != NO_ID))
    _, first, cookie = np.unique(events["cookie"][visible], return_index=True, return_inverse=True)
    number = events["person_number"][visible]
    is_shared = np.bincount(cookie, number != number[first][cookie])[cookie] > 0
    session = np.where(is_shared, events["session_number"][visible], 0)
    _, first, group = np.unique(np.stack([cookie, session]), axis=1, return_index=True, return_inverse=True)
    seen = take(events, visible[first])
    person = seen["person_number"] - people["person_number"][0]
    truth = {name: seen[name] for name in ("cookie", "is_partner_space", "person_number", "is_agency", "account_slot")}
    started_at = np.full(len(first), np.iinfo(np.int64).max)
    np.minimum.at(started_at, group, events["true_at"][visible])
    truth["started_at"] = np.where(session[first] > 0, started_at, 0)
    truth["household_number"] = people["household_number"][person]
    team_account = people["team_number"][person] * 8 * people["has_team_account"][person]
    truth["account"] = np.where(seen["is_agency"], seen["account"], team_account)
    return events, truth


def sql_list(values: tuple[str, ...]) -> str:
    """SQL list literal of texts without quotes in them."""
    return "[" + ", ".join(f"'{value}'" for value in values) + "]"


def uuid_sql(seed: int, label: str, column: str) -> str:
    """SQL for a UUID-shaped text that depends on the seed, a label and a number."""
    return f"cast(cast(md5(concat('{seed}:{label}:', {column})) as uuid) as varchar)"


def click_sql(seed: int) -> str:
    """SQL for the click parameter of a landing url, in the form each ad platform uses."""
    digest = f"unhex(sha256(concat('{seed}:click:', click)))"
    token = f"translate(to_base64({digest}), '+/=', '-_')"
    return f"""case when click = 0 or not is_landing then null else case source
            when {GOOGLE} then concat('gclid=', if(click % 2 = 0, 'Cj0K', 'EAIaI'), {token})
            when {FACEBOOK} then concat('fbclid=IwAR', {token})
            when {TIKTOK} then concat('ttclid=E.C.P', {token})
            else concat('msclkid=', md5(concat('{seed}:click:', click)))
        end end"""


def time_sql(column: str, as_text: bool) -> str:
    """SQL for a timestamp, or its ISO-8601 text, from microseconds since 1970."""
    timestamp = f"make_timestamp({column})"
    return f"strftime({timestamp}, '%Y-%m-%dT%H:%M:%S.%gZ')" if as_text else timestamp


def format_query(seed: int, text_times: bool) -> str:
    """SQL that formats the relation `numbers` (the columns of `generate_chunk`) as raw events, keeping their order."""
    unparsable = "'not-a-date'" if text_times else "null"
    utm = "concat('utm_source={}&utm_medium={}&utm_campaign=', campaign_name)"
    return f"""
with numbered as (
    select *,
        position = 0 and has_cookie as is_landing,
        ({sql_list(CAMPAIGNS)})[campaign] as campaign_name,
        if(is_partner_space, 'https://partner.example', 'https://shop.example') as site,
        if(address_kind = 0, null,
            concat(({sql_list(FIRST_NAMES)})[first_name], '.', ({sql_list(LAST_NAMES)})[last_name], person_number)
        ) as mailbox,
        case address_kind
            when {PERSONAL_ADDRESS} then ({sql_list(PERSONAL_DOMAINS)})[domain]
            when {COMPANY_ADDRESS} then concat('company', team_number, '.example')
        end as mail_domain,
        concat('+491', lpad(cast(person_number * 7919 % 1000000000 as varchar), 9, '0')) as phone_number
    from numbers
),
addressed as (
    select *,
        case
            when mail_domain is null then null
            when email_variant = 1 then upper(concat(mailbox, '@', mail_domain))
            when email_variant = 2 then concat(upper(mailbox[1]), mailbox[2:], '@', mail_domain)
            when email_variant = 3 then concat(' ', mailbox, '@', mail_domain, ' ')
            -- Only Gmail ignores dots and tags; elsewhere they would be another address.
            when email_variant = 4 and mail_domain = 'gmail.com' then concat(replace(mailbox, '.', ''), '@gmail.com')
            when email_variant = 5 and mail_domain = 'gmail.com' then concat(mailbox, '+shop@gmail.com')
            else concat(mailbox, '@', mail_domain)
        end as address,
        concat(if(mail_domain = 'gmail.com', replace(mailbox, '.', ''), mailbox), '@', mail_domain) as normalised
    from numbered
),
located as (
    select *,
        case kind
            when {PRODUCT_VIEWED} then concat('/products/', product)
            when {CHECKOUT_STARTED} then '/checkout'
            when {ORDER_COMPLETED} then '/checkout/thank-you'
            when {SIGNED_UP} then '/register'
            when {LOGGED_IN} then '/login'
            when {QUOTE_REQUESTED} then '/quotes/new'
            else ({sql_list(PATHS)})[path]
        end as url_path,
        concat_ws('&',
            {click_sql(seed)},
            case when is_landing then case source
                when {GOOGLE} then {utm.format("google", "cpc")}
                when {FACEBOOK} then {utm.format("facebook", "paid_social")}
                when {TIKTOK} then {utm.format("tiktok", "paid_social")}
                when {BING} then {utm.format("bing", "cpc")}
                when {RETARGETING} then {utm.format("criteo", "retargeting")}
                when {NEWSLETTER} then {utm.format("newsletter", "email")}
            end end,
            if(kind = {NEWSLETTER_CLICKED}, concat('ehash=', sha256(normalised)), null),
            if(leak = {URL_LEAK}, concat('email=', url_encode(trim(address))), null)
        ) as url_query,
        -- An odd multiplier permutes the numbers below a power of two: neighbours get unlike addresses.
        case place
            when {HOME} then (ip * 668265263) % 1073741824 + {60 << 24}
            when {OFFICE} then (ip * 40503) % 16777216 + {193 << 24}
            else (ip * 40503) % 16777216 + {176 << 24}
        end as ip_value,
        concat_ws(',',
            if(kind in ({PRODUCT_ADDED}, {CHECKOUT_STARTED}, {ORDER_COMPLETED}),
                concat('"cart_id":"cart_', md5(concat('{seed}:cart:', cart))[:16], '"'), null),
            if(kind = {CHECKOUT_STARTED}, concat('"checkout_id":"chk_', session_number, '"'), null),
            if(kind = {QUOTE_REQUESTED}, concat('"quote_id":"q_', person_number, '_', account_slot, '"'), null),
            if(kind in ({PRODUCT_VIEWED}, {PRODUCT_ADDED}), concat('"product_id":"sku-', product, '"'), null),
            if(leak = {EMAIL_LEAK}, concat('"email":"', address, '"'), null),
            if(leak = {PHONE_LEAK}, concat('"phone":"', phone_number, '"'), null)
        ) as property_list
    from addressed
)
select
    if(malformed = {NO_EVENT_ID}, null, {uuid_sql(seed, "event", "event_number")}) as event_id,
    if(malformed = {NO_EVENT_NAME}, null, ({sql_list(EVENT_NAMES)})[kind + 1]) as event_name,
    if(malformed = {UNPARSABLE_TIME}, {unparsable}, {time_sql("occurred_at", text_times)}) as occurred_at,
    case
        when not has_cookie or malformed = {NO_ID} then null
        when cookie < 0 then concat('non-consent-', {uuid_sql(seed, "cookie", "cookie")})
        else {uuid_sql(seed, "cookie", "cookie")}
    end as anonymous_id,
    ({sql_list(EVENT_TYPES)})[kind + 1] as event_type,
    {time_sql("received_at", text_times)} as received_at,
    if(has_cookie, {time_sql("sent_at", text_times)}, null) as sent_at,
    if(shows_user, concat('u', person_number, if(is_agency, concat('-', account_slot), '')), null) as user_id,
    if(shows_email and malformed != {NO_ID}, address, null) as email,
    cast(null as varchar) as email_hash,
    if(shows_phone and malformed != {NO_ID}, phone_number, null) as phone,
    case
        when not has_cookie then null
        when place = {HOME} and is_ipv6
            then format('2001:db8:{{:x}}:{{:x}}::1', (ip_value // 65536) % 65536, ip_value % 65536)
        else concat(ip_value // 16777216, '.', ip_value // 65536 % 256, '.', ip_value // 256 % 256, '.', ip_value % 256)
    end as ip_address,
    if(account > 0, concat('acct_', account), null) as account_id,
    cast(null as varchar) as click_id,
    if(has_device_id and malformed != {NO_ID}, {uuid_sql(seed, "device", "person_number")}, null) as device_id,
    if(is_partner_space, 'partner_app', null) as space_id,
    if(has_cookie, concat(site, url_path, if(url_query = '', '', concat('?', url_query))), null) as page_url,
    case
        when not has_cookie then null
        when not is_landing then concat(site, ({sql_list(PATHS)})[previous_path])
        when source in ({ORGANIC}, {GOOGLE}) then 'https://www.google.com/'
        when source = {SOCIAL} then 'https://www.reddit.com/'
        when source = {FACEBOOK} and slot = {IN_APP} then 'https://l.instagram.com/'
        when source = {FACEBOOK} then 'https://www.facebook.com/'
        when source = {TIKTOK} then 'https://www.tiktok.com/'
        when source = {BING} then 'https://www.bing.com/'
    end as referrer,
    if(has_cookie, ({sql_list(USER_AGENTS)})[slot * {DEVICE_MODELS} + device_model + 1], null) as user_agent,
    case consent when 0 then false when 1 then true end as has_consent,
    if("order" > 0, concat('ord_', "order"), null) as order_id,
    if(isnan(revenue), null, revenue) as revenue,
    if(isnan(revenue), null, if(is_usd, 'USD', 'EUR')) as currency,
    if(is_schema_2, '2', '1') as schema_version,
    if(property_list = '', null, concat('{{', property_list, '}}')) as properties
from located
"""


def truth_query(seed: int, is_by_session: bool) -> str:
    """SQL that formats the relation `numbers` as truth: who is behind each (space, anonymous id), and since when."""
    cookie = uuid_sql(seed, "cookie", "cookie")
    started_at = "if(started_at = 0, null, make_timestamp(started_at)) as started_at,"
    return f"""
select
    if(is_partner_space, 'partner_app', 'default') as space_id,
    concat(if(cookie < 0, 'non-consent-', ''), {cookie}) as anonymous_id,
    {started_at if is_by_session else ""}
    concat('p', person_number, if(is_agency, concat('-a', account_slot), '')) as person_id,
    if(account > 0, concat('acct_', account), null) as account_id,
    household_number
from numbers
"""


def format_chunk(connection: duckdb.DuckDBPyConnection, query: str, numbers: Columns) -> pa.Table:
    """Run a formatting query over the numbers of a chunk."""
    # Several record batches: DuckDB reads one batch with one thread.
    connection.register("numbers", pa.Table.from_batches(pa.table(numbers).to_batches(max_chunksize=BATCH_ROWS)))
    table = connection.sql(query).to_arrow_table()
    connection.unregister("numbers")
    return table


def generate_tables(
    events: int,
    seed: int,
    start: date,
    days: int,
    shared_click_rate: float,
    text_times: bool,
    shared_device_rate: float = 0,
) -> Iterator[FormattedChunk]:
    """Yield the stream chunk by chunk, preparing the next one in the background."""
    sizes = [min(CHUNK_EVENTS, events - first) for first in range(0, events, CHUNK_EVENTS)]
    events_query, people_query = format_query(seed, text_times), truth_query(seed, shared_device_rate > 0)

    with duckdb.connect() as connection, ThreadPoolExecutor(max_workers=1) as worker:

        def prepare(chunk: int) -> FormattedChunk:
            numbers, truth = generate_chunk(
                seed, chunk, sizes[chunk], start, days, shared_click_rate, shared_device_rate
            )
            event_table = format_chunk(connection, events_query, numbers)
            return numbers["received_at"], event_table, format_chunk(connection, people_query, truth)

        upcoming = worker.submit(prepare, 0)
        for chunk in range(len(sizes)):
            current = upcoming.result()
            if chunk + 1 < len(sizes):
                upcoming = worker.submit(prepare, chunk + 1)
            yield current


def split_by_day(received_at: np.ndarray, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Split rows that are in order of received_at into (date `YYYY-MM-DD`, rows received on it)."""
    days, first_rows = np.unique(received_at // DAY, return_index=True)
    for day, begin, end in zip(days, first_rows, [*first_rows[1:], len(received_at)], strict=True):
        yield str(np.datetime64(int(day), "D")), table.slice(begin, end - begin)


def write_parquet(chunks: Iterator[FormattedChunk], out: Path, truth: Path | None, partition_by_day: bool) -> None:
    """Write all chunks to `out` (one Parquet file, or a directory with one a day) and their truth to `truth`."""
    writers: dict[Path, pq.ParquetWriter] = {}
    pending: dict[Path, list[pa.Table]] = {}

    with ExitStack() as open_files:

        def write_pending() -> None:
            for path, tables in pending.items():
                table = pa.concat_tables(tables)
                if path not in writers:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    writers[path] = open_files.enter_context(pq.ParquetWriter(path, table.schema, compression="zstd"))
                writers[path].write_table(table)
            pending.clear()

        for number, (received_at, events, people) in enumerate(chunks, start=1):
            if partition_by_day:
                for day, rows in split_by_day(received_at, events):
                    pending.setdefault(out / f"events_{day}.parquet", []).append(rows)
            else:
                pending.setdefault(out, []).append(events)
            if truth is not None:
                pending.setdefault(truth, []).append(people)
            if number % ROW_GROUP_CHUNKS == 0:
                write_pending()
        write_pending()


def convert_parquet(source: Path, out: Path) -> None:
    """Convert a Parquet file to .csv or .ndjson, by the extension of `out`."""
    file_format = "csv, header" if out.suffix == ".csv" else "json"
    out.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.read_parquet(str(source)).create_view("events")
        target = str(out).replace("'", "''")
        connection.execute(f"copy events to '{target}' (format {file_format})")


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse and check the command line."""
    parser = argparse.ArgumentParser(
        description="Generate a synthetic raw event stream and the ground truth of who is behind each anonymous id."
    )
    parser.add_argument("--events", type=int, default=20_000, help="number of raw rows, exact (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same rows (default: %(default)s)")
    parser.add_argument("--days", type=int, default=60, help="days on which events occur (default: %(default)s)")
    parser.add_argument(
        "--start",
        type=date.fromisoformat,
        default=date(2026, 1, 5),
        help="first day, YYYY-MM-DD (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="file ending in .parquet, .csv or .ndjson; a directory with --partition-by-day",
    )
    parser.add_argument("--truth", type=Path, help="Parquet file for the ground truth, who is behind each anonymous id")
    parser.add_argument(
        "--partition-by-day", action="store_true", help="write OUT/events_YYYY-MM-DD.parquet by the date of received_at"
    )
    parser.add_argument(
        "--text-times",
        action="store_true",
        help="times as ISO-8601 text, some of it unparsable (always so in .csv and .ndjson)",
    )
    parser.add_argument(
        "--shared-click-rate",
        type=float,
        default=0.01,
        help="share of ad clicks passed on to another person of the household (default: %(default)s)",
    )
    parser.add_argument(
        "--shared-device-rate",
        type=float,
        default=0,
        help="share of homes with several visitors whose users share one desktop and tablet; the truth then has"
        " one row per session of such a device, with started_at (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if options.events < 1:
        parser.error("--events must be at least 1")
    if options.seed < 0:
        parser.error("--seed must not be negative")
    if not 1 <= options.days <= MAX_DAYS:
        parser.error(f"--days must be between 1 and {MAX_DAYS}")
    if not 0 <= options.shared_click_rate <= 1:
        parser.error("--shared-click-rate must be between 0 and 1")
    if not 0 <= options.shared_device_rate <= 1:
        parser.error("--shared-device-rate must be between 0 and 1")
    if not options.partition_by_day and options.out.suffix not in (".parquet", ".csv", ".ndjson"):
        parser.error("--out must end in .parquet, .csv or .ndjson")
    if options.truth is not None and options.truth.suffix != ".parquet":
        parser.error("--truth must end in .parquet")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Command line entry point."""
    options = parse_arguments(arguments)
    is_text_format = not options.partition_by_day and options.out.suffix != ".parquet"
    chunks = generate_tables(
        options.events,
        options.seed,
        options.start,
        options.days,
        options.shared_click_rate,
        options.text_times or is_text_format,
        options.shared_device_rate,
    )
    if is_text_format:
        with TemporaryDirectory() as folder:
            interim = Path(folder) / "events.parquet"
            write_parquet(chunks, interim, options.truth, partition_by_day=False)
            convert_parquet(interim, options.out)
    else:
        write_parquet(chunks, options.out, options.truth, options.partition_by_day)


if __name__ == "__main__":
    main()
