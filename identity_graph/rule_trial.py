"""Builds the same events under two versions of the identity rules, beside the project, and compares the two builds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from identity_graph.build_changes import (
    Credits,
    Labels,
    Link,
    LinkChange,
    Parts,
    PersonChanges,
    RevenueChange,
    compare_links,
    compare_persons,
    compare_revenue,
    match_ids,
)
from identity_graph.database import open_database
from identity_graph.identity_rules import RULES, RuleChange, compare_rules, read_rules
from identity_graph.project import Project
from identity_graph.trial import Trial

# By their place in the package: another project may have models of the same names.
MODELS = (
    "+identity_graph.intermediate.groups.int_group_memberships",
    "+identity_graph.marts.identity.identity_links",
    "+identity_graph.marts.attribution.attributed_conversions",
)


@dataclass(frozen=True)
class Build:
    """What a build under one version of the rules says."""

    persons: Labels
    households: Labels
    organizations: Labels
    parts: Parts
    dissolved_ids: int
    links: set[Link]
    refusals: Counter[str]
    credits: Credits


@dataclass(frozen=True)
class RuleTrial:
    """What a change of the rules would do; two builds differ in nothing else."""

    rule_changes: tuple[RuleChange, ...]
    before: Build
    after: Build
    ids: dict[Hashable, tuple[Hashable, Hashable]]  # by name: what it is before, and after

    @property
    def persons(self) -> PersonChanges:
        """What becomes of persons."""
        return self.compare(self.before.persons, self.after.persons)

    @property
    def households(self) -> PersonChanges:
        """What becomes of households."""
        return self.compare(self.before.households, self.after.households)

    @property
    def organizations(self) -> PersonChanges:
        """What becomes of organizations."""
        return self.compare(self.before.organizations, self.after.organizations)

    def compare(self, before: Labels, after: Labels) -> PersonChanges:
        """Compare two labellings by the ids of both builds."""
        return compare_persons(
            {name: before[one] for name, (one, _) in self.ids.items()},
            {name: after[other] for name, (_, other) in self.ids.items()},
        )

    @property
    def links(self) -> list[LinkChange]:
        """The accepted links by key type: the keys that cause it."""
        before: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
        after: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
        for one, other in self.ids.values():
            before[other].add(self.before.persons[one])
            after[one].add(self.after.persons[other])
        return compare_links(self.before.links, self.after.links, before, after)

    @property
    def revenue(self) -> tuple[list[RevenueChange], dict[str, tuple[int, Decimal]]]:
        """Credited revenue by channel and currency, and by currency the conversions and the revenue that moved."""
        return compare_revenue(self.before.credits, self.after.credits)


def try_rules(project: Project, rules: Path, baseline: Path | None = None) -> RuleTrial | None:
    """Build both versions in a temporary folder, from the same events and by one clock; the user's own is not written.

    That costs two builds of the models needed.

    Args:
        project: the dbt project whose events are built.
        rules: the changed rules.
        baseline: the rules to compare with; the project's own seed where none are given.

    Returns:
        What would change, or nothing where the two files hold the same rules: then nothing is built.

    Raises:
        CommandError: a file cannot be read or breaks a test of the seed, the target is not DuckDB, or a build failed.

    """
    project.duckdb_profile()
    seed = project.seed(RULES)
    versions = (baseline or seed, rules)
    changes = compare_rules(*(read_rules(version) for version in versions))
    if not changes:
        return None
    with TemporaryDirectory(prefix="what_if_") as folder:
        trial = Trial(Path(folder), project, seed)
        for version in versions:
            if version.resolve() != seed.resolve():
                check_rules(trial, version)
        before, after = (build_with(trial, version) for version in versions)
    ids = match_ids(before.persons.keys() | after.persons.keys(), before.parts, after.parts)
    return RuleTrial(tuple(changes), before, after, ids)


def check_rules(trial: Trial, rules: Path) -> None:
    """Load one version of the rules with the seed's own data tests: a wrong rule is told by name, before the work."""
    trial.begin()
    trial.take_seed(rules)
    trial.build("--select", Path(RULES).stem, "--indirect-selection", "cautious")


def build_with(trial: Trial, rules: Path) -> Build:
    """Build the models needed under one version of the rules, from empty, and read what they say."""
    trial.begin()
    trial.take_seed(rules)
    trial.build("--select", *MODELS, "--resource-type", "model", "--resource-type", "seed", "--full-refresh")
    with open_database(trial.database) as connection:
        return read_build(connection)


def read_build(connection: duckdb.DuckDBPyConnection) -> Build:
    """Read the persons, links and credits of a finished build."""
    # As links name them: an id that several users shared is one for each.
    ids = connection.execute(
        """
        select
            ids.space_id, ids.node_id, persons.node_id, households.node_id,
            coalesce(organizations.node_id, ids.node_id), resolved.is_outlier_component
        from intermediate.int_identity_ids as ids
        inner join intermediate.int_identity_resolved as resolved using (id_number)
        inner join intermediate.int_identity_ids as persons on resolved.person_number = persons.id_number
        inner join intermediate.int_group_memberships as memberships using (person_number)
        inner join intermediate.int_identity_ids as households on memberships.household_number = households.id_number
        left join intermediate.int_identity_ids as organizations
            on memberships.organization_number = organizations.id_number
        """
    ).fetchall()
    parts = connection.execute(
        """
        select events.event_number, ids.space_id, ids.anonymous_id, ids.node_id
        from intermediate.int_shared_events as events
        inner join intermediate.int_identity_ids as ids using (id_number)
        inner join intermediate.int_events using (event_number)
        where int_events.is_observed
        """
    ).fetchall()
    links = connection.execute(
        """
        select space_id, anonymous_id_a, anonymous_id_b, key_type
        from marts.identity_links
        where is_link
        """
    ).fetchall()
    refusals = connection.execute(
        """
        select refusal_reason, count(distinct (space_id, anonymous_id_a, anonymous_id_b))
        from marts.identity_links
        where not is_accepted and refusal_reason is not null
        group by refusal_reason
        """
    ).fetchall()
    credits = connection.execute(
        """
        select
            conversion_id, channel, coalesce(currency_code, ''), coalesce(attributed_revenue, 0),
            case when is_refund then 0 else 1 end
        from marts.attributed_conversions
        where attribution_model = 'last_touch' and identity_mode = 'graph'
        """
    ).fetchall()
    persons, households, organizations = (
        {(row[0], row[1]): (row[0], row[column]) for row in ids} for column in (2, 3, 4)
    )
    return Build(
        persons=persons,
        households=households,
        organizations=organizations,
        parts={event: ((space, visitor), (space, part)) for event, space, visitor, part in parts},
        dissolved_ids=sum(row[5] for row in ids),
        links={((space, one), (space, other), key_type) for space, one, other, key_type in links},
        refusals=Counter(dict(refusals)),
        credits={row[0]: row[1:] for row in credits},
    )
