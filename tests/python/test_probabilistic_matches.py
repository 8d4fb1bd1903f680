"""Tests of the probabilistic level: equal to comparing all with all, off by default, read by nothing that measures."""

import json
import shutil
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest
from dbt_runs import Dbt
from probabilistic_matches import cosine_matches, fingerprint_vectors

FINGERPRINTS = "model.identity_graph.int_device_fingerprints"
MATCHES = "model.identity_graph.probabilistic_matches"
HOURS = ", ".join(f"hour_{hour:02d}_share" for hour in range(24))
WEEKDAYS = ", ".join(f"weekday_{weekday}_share" for weekday in range(1, 8))


def brute_force(ids, blocks, first_days, last_days, vectors, min_similarity, window_days):
    """Compare all rows with all rows, one pair at a time; gives {(id, id): (cosine, days, blocks)}."""
    found = {}
    for one, other in combinations(range(len(ids)), 2):
        cosine = round(float(sum(a * b for a, b in zip(vectors[one], vectors[other], strict=True))), 6)
        gap = max(first_days[one], first_days[other]) - min(last_days[one], last_days[other])
        if blocks[one] == blocks[other] and cosine >= min_similarity and gap <= window_days:
            pair = (min(ids[one], ids[other]), max(ids[one], ids[other]))
            _, days, count = found.get(pair, (cosine, gap, 0))
            found[pair] = (cosine, max(min(days, gap), 0), count + 1)
    return found


def as_mapping(matches):
    rows = zip(*(column.tolist() for column in matches), strict=True)
    return {(id_a, id_b): (cosine, gap, count) for id_a, id_b, cosine, gap, count in rows}


def same_matches(found, expected):
    assert found.keys() == expected.keys()
    for pair, (cosine, gap, count) in expected.items():
        assert found[pair][0] == pytest.approx(cosine, abs=2e-6)
        assert found[pair][1:] == (gap, count)


def random_rows(seed: int) -> SimpleNamespace:
    """Rows of random ids in random blocks; an id has one vector, whichever block it is in."""
    random = np.random.default_rng(seed)
    row_count, id_count = 120, 40
    membership = np.unique(
        np.stack([random.integers(0, id_count, row_count), random.integers(0, 8, row_count)]), axis=1
    )
    membership = membership[:, random.permutation(membership.shape[1])]
    vectors = fingerprint_vectors(
        [random.integers(0, 2, id_count), random.integers(0, 2, id_count)],
        [random.integers(0, 3, (id_count, 4)) + np.eye(4)[random.integers(0, 4, id_count)]],
    )
    first_days = random.integers(0, 90, membership.shape[1])
    return SimpleNamespace(
        ids=membership[0],
        blocks=membership[1],
        first_days=first_days,
        last_days=first_days + random.integers(0, 20, membership.shape[1]),
        vectors=vectors[membership[0]],
    )


@pytest.mark.parametrize("seed", range(20))
def test_matches_equal_comparing_all_with_all(seed):
    rows = vars(random_rows(seed))
    for min_similarity, window_days in ((0.95, 30), (0.6, 5), (0.0, 1000)):
        found = as_mapping(cosine_matches(**rows, min_similarity=min_similarity, window_days=window_days))
        same_matches(found, brute_force(**rows, min_similarity=min_similarity, window_days=window_days))


def test_random_rows_hold_matches_and_others():
    rows = vars(random_rows(0))
    found = cosine_matches(**rows, min_similarity=0.95, window_days=30)[0].size
    assert 0 < found < cosine_matches(**rows, min_similarity=0.0, window_days=1000)[0].size


def test_order_of_the_rows_does_not_matter():
    rows = vars(random_rows(3))
    order = np.random.default_rng(1).permutation(rows["ids"].size)
    shuffled = {name: column[order] for name, column in rows.items()}
    for one, other in zip(
        cosine_matches(**rows, min_similarity=0.6, window_days=30),
        cosine_matches(**shuffled, min_similarity=0.6, window_days=30),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("second_first_day", "window_days", "gaps"),
    [(40, 30, [30]), (41, 30, []), (10, 0, [0]), (5, 0, [0]), (11, 0, [])],
    ids=["last day of the window", "one day late", "same day", "overlapping", "next day without a window"],
)
def test_window_counts_from_last_to_first_activity(second_first_day, window_days, gaps):
    matches = cosine_matches(
        ids=np.array([1, 2]),
        blocks=np.array([7, 7]),
        first_days=np.array([0, second_first_day]),
        last_days=np.array([10, 90]),
        vectors=np.array([[1.0, 0.0], [1.0, 0.0]]),
        min_similarity=0.95,
        window_days=window_days,
    )
    assert matches[3].tolist() == gaps


def test_ids_of_different_blocks_are_not_compared():
    matches = cosine_matches(
        ids=np.array([1, 2]),
        blocks=np.array([1, 2]),
        first_days=np.zeros(2, dtype=np.int64),
        last_days=np.zeros(2, dtype=np.int64),
        vectors=np.ones((2, 1)),
        min_similarity=0.95,
        window_days=30,
    )
    assert all(column.size == 0 for column in matches)


def test_nothing_gives_nothing():
    empty = np.empty(0, dtype=np.int64)
    assert all(column.size == 0 for column in cosine_matches(empty, empty, empty, empty, np.empty((0, 3)), 0.95, 30))


def test_every_feature_weighs_the_same():
    vectors = fingerprint_vectors(
        [np.array(["phone", "phone"]), np.array(["ios", "android"])],
        [np.array([[1.0, 1.0], [2.0, 0.0]])],
    )
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0] @ vectors[1] == pytest.approx((1 + 0 + np.sqrt(0.5)) / 3)


# --- On the demo -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def switched_on(demo_build, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Build the probabilistic level on a copy of the demo's database; gives the database and the manifest."""
    folder = tmp_path_factory.mktemp("probabilistic")
    dbt = Dbt(folder, environment={"DBT_WRITE_JSON": "true"})
    shutil.copy(demo_build.path, dbt.database)
    models = ["--select", "int_device_fingerprints", "probabilistic_matches"]
    done = dbt("build", "--vars", "{enable_probabilistic: true}", *models)
    assert done.success, done.output
    return SimpleNamespace(path=dbt.database, manifest=json.loads((dbt.target / "manifest.json").read_text()))


def test_level_is_off_by_default(demo_build):
    manifest = json.loads((Path(demo_build.target) / "manifest.json").read_text())
    for name in (FINGERPRINTS, MATCHES):
        assert name not in manifest["nodes"]
        assert name in manifest["disabled"]


def test_nothing_that_measures_reads_the_level(switched_on):
    children = switched_on.manifest["child_map"]
    models = {name: [child for child in children[name] if not child.startswith("test.")] for name in children}
    assert models[FINGERPRINTS] == [MATCHES]
    assert models[MATCHES] == []


def test_demo_matches_equal_comparing_all_with_all_in_sql(switched_on):
    with duckdb.connect(str(switched_on.path), read_only=True) as connection:
        expected = connection.execute(
            f"""
            with fingerprints as (
                select *, [{HOURS}] as hours, [{WEEKDAYS}] as weekdays
                from intermediate.int_device_fingerprints
                where not is_block_skipped
            ),
            pairs as (
                select
                    one.space_id,
                    one.anonymous_id,
                    other.anonymous_id as other_id,
                    (
                        2
                        + (one.browser is not distinct from other.browser)::int
                        + (one.is_in_app_browser is not distinct from other.is_in_app_browser)::int
                        + list_cosine_similarity(one.hours, other.hours)
                        + list_cosine_similarity(one.weekdays, other.weekdays)
                    ) / 6 as similarity,
                    greatest(one.first_seen_date, other.first_seen_date)
                    - least(one.last_seen_date, other.last_seen_date) as gap_days
                from fingerprints as one
                inner join fingerprints as other
                    on
                        one.space_id = other.space_id
                        and one.ip_token = other.ip_token
                        and one.platform is not distinct from other.platform
                        and one.os is not distinct from other.os
                        and one.anonymous_id < other.anonymous_id
            )
            select space_id, anonymous_id, other_id, round(max(similarity), 5), greatest(min(gap_days), 0), count(*)
            from pairs
            where round(similarity, 6) >= 0.95 and gap_days <= 30
            group by all
            order by all
            """
        ).fetchall()
        found = connection.execute(
            """
            select space_id, anonymous_id_a, anonymous_id_b, round(similarity, 5), gap_days, shared_ip_count
            from intermediate.probabilistic_matches
            order by all
            """
        ).fetchall()
    assert expected
    assert [row[:3] + row[4:] for row in found] == [row[:3] + row[4:] for row in expected]
    assert [row[3] for row in found] == pytest.approx([row[3] for row in expected], abs=2e-5)


def test_too_large_blocks_are_flagged_and_skipped(switched_on):
    with duckdb.connect(str(switched_on.path), read_only=True) as connection:
        wrong = connection.execute(
            """
            with blocks as (
                select space_id, ip_token, platform, os, count(*) as id_count
                from intermediate.int_device_fingerprints
                group by all
            )
            select count(*)
            from intermediate.int_device_fingerprints as fingerprints
            inner join blocks
                on
                    fingerprints.space_id = blocks.space_id
                    and fingerprints.ip_token = blocks.ip_token
                    and fingerprints.platform is not distinct from blocks.platform
                    and fingerprints.os is not distinct from blocks.os
            where
                fingerprints.block_id_count != blocks.id_count
                or fingerprints.is_block_skipped != (blocks.id_count > 200)
            """
        ).fetchall()[0][0]
    assert wrong == 0
