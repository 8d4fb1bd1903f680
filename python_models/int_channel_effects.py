"""What each channel adds to the conversions, by two data-driven models: Markov removal effects and Shapley values."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Shapley values take all sets of channels, twice as many with each channel.
MAX_PLAYERS = 16

# The largest weight; a sum of many times a hundred million of it is still exact in a double.
TEN_MILLION = 10_000_000

Paths = dict[tuple[str, ...], tuple[int, int]]


def removal_effects(paths: Paths) -> dict[str, float]:
    """Return for each channel the share of conversions that are lost where the channel leads nowhere.

    Args:
        paths: channels in order, with the number of paths of this kind that convert and that do not.

    Returns:
        By channel 1 - P(conversion without it) / P(conversion), 0 to 1; all 0 where nothing converts.

    Source: Anderl et al. (2016), Mapping the customer journey; a first-order Markov chain from the start over channels
    to conversion or null. What is lost are the ways by the channel: P(it is ever visited) * P(conversion from it).

    """
    channels = sorted({channel for path in paths for channel in path})
    places = {channel: place for place, channel in enumerate(channels, 1)}
    size = len(channels) + 1
    counts = np.zeros((size, size))
    converted, ended = np.zeros(size), np.zeros(size)
    for path, (conversions, others) in paths.items():
        walk = [0, *(places[channel] for channel in path)]
        for one, other in pairwise(walk):
            counts[one, other] += conversions + others
        converted[walk[-1]] += conversions
        ended[walk[-1]] += conversions + others
    if not converted.any():
        return dict.fromkeys(channels, 0.0)
    leaving = counts.sum(axis=1) + ended
    visits = np.linalg.inv(np.eye(size) - counts / leaving[:, None])
    conversion = visits @ (converted / leaving)
    lost = visits[0] / visits.diagonal() * conversion / conversion[0]
    return {channel: float(lost[place]) for channel, place in places.items()}


def shapley_values(paths: Paths, max_players: int = MAX_PLAYERS) -> dict[str, float]:
    """Return for each channel its Shapley value in the game of conversion rates.

    A set of channels is worth the conversion rate of the paths that hold no other channel, 0 where there is no such
    path. The values sum to the conversion rate of all paths; one is negative where sets convert worse with the channel.

    Args:
        paths: channels in order, with the number of paths of this kind that convert and that do not.
        max_players: the most channels that are players by themselves. Of more, those in the fewest paths play as one,
            and share its value by the number of paths that they are in.

    Source: Shapley (1953); the rates as in Shao and Li (2011), Data-driven multi-touch attribution models.

    """
    frequency: Counter[str] = Counter()
    for path, numbers in paths.items():
        frequency.update(dict.fromkeys(path, sum(numbers)))
    channels = sorted(frequency, key=lambda channel: (-frequency[channel], channel))
    player_count = min(len(channels), max_players)
    player = {channel: min(place, player_count - 1) for place, channel in enumerate(channels)}

    numbers_of_sets = np.zeros((2**player_count, 2))
    for path, numbers in paths.items():
        numbers_of_sets[sum(1 << place for place in {player[channel] for channel in path})] += numbers
    for place in range(player_count):
        without, with_it = halves(numbers_of_sets, place)
        with_it += without
    totals = numbers_of_sets.sum(axis=1)
    rates = np.divide(numbers_of_sets[:, 0], totals, out=np.zeros_like(totals), where=totals > 0)

    sizes = np.array([number.bit_count() for number in range(2**player_count)])
    weights = np.array([1 / (player_count * comb(player_count - 1, size)) for size in range(player_count)] + [0.0])[
        sizes
    ]
    values = np.zeros(player_count)
    for place in range(player_count):
        without, with_it = halves(rates, place)
        values[place] = np.sum(halves(weights, place)[0] * (with_it - without))

    joined = channels[player_count - 1 :]
    shares = dict.fromkeys(channels, 1.0)
    shares |= {channel: frequency[channel] / sum(frequency[other] for other in joined) for channel in joined}
    return {channel: float(values[player[channel]]) * shares[channel] for channel in channels}


def halves(values_of_sets: NDArray[np.float64], place: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return views of the values of the sets without a player, and of the same sets with it."""
    by_player = values_of_sets.reshape(-1, 2, 2**place, *values_of_sets.shape[1:])
    return by_player[:, 0], by_player[:, 1]


def whole_weights(effects: dict[str, float]) -> dict[str, int]:
    """Return the effects as whole parts of the largest, 0 where negative, so that every engine credits alike."""
    largest = max(effects.values(), default=0.0)
    return {
        channel: max(1, round(TEN_MILLION * effect / largest)) if effect > 0 else 0
        for channel, effect in effects.items()
    }


def channel_effects(rows: Iterable[tuple[str, str, str, int, int]]) -> list[tuple[str, str, str, str, float, int]]:
    """Return rows of space, identity mode, model, channel, effect and weight.

    Args:
        rows: space, identity mode, path (`email > paid_search`), conversions, non-conversions; a path may come twice.

    """
    paths_of: dict[tuple[str, str], Paths] = defaultdict(dict)
    for space_id, identity_mode, channel_path, conversions, others in rows:
        paths = paths_of[space_id, identity_mode]
        path = tuple(channel_path.split(" > "))
        before = paths.get(path, (0, 0))
        paths[path] = (before[0] + conversions, before[1] + others)
    found = []
    for key, paths in sorted(paths_of.items()):
        for model, effects_of in (("markov", removal_effects), ("shapley", shapley_values)):
            # Sorted, because sums of floats depend on their order.
            effects = {channel: round(effect, 9) for channel, effect in effects_of(dict(sorted(paths.items()))).items()}
            weights = whole_weights(effects)
            found += [(*key, model, channel, effects[channel], weights[channel]) for channel in sorted(effects)]
    return found


def model(dbt: Any, session: Any) -> Any:
    """One row per space, identity mode, attribution model and channel: effect (double) and weight (int64)."""
    dbt.config(materialized="table")
    paths = dbt.ref("path_summary")
    is_spark = type(paths).__module__.startswith("pyspark")
    columns = ["space_id", "identity_mode", "channel_path", "conversion_count", "non_conversion_count"]
    # There are few paths, wherever they lie.
    rows = paths.select(*columns).collect() if is_spark else paths.project(", ".join(columns)).fetchall()
    effects = channel_effects(tuple(row) for row in rows)
    names = ["space_id", "identity_mode", "attribution_model", "channel", "effect", "weight"]
    if is_spark:
        types = ["string", "string", "string", "string", "double", "bigint"]
        return session.createDataFrame(effects, ", ".join(map(" ".join, zip(names, types, strict=True))))

    import pyarrow as pa

    types = [pa.string(), pa.string(), pa.string(), pa.string(), pa.float64(), pa.int64()]
    columns_of_effects = list(zip(*effects, strict=True)) or [()] * len(names)
    arrays = [pa.array(values, kind) for values, kind in zip(columns_of_effects, types, strict=True)]
    return pa.table(arrays, names=names)
