"""Builds the same events under two versions of the identity rules, beside the project, and compares the two builds."""

from __future__ import annotations

from collections import Counter
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
    PersonChanges,
    RevenueChange,
    compare_links,
    compare_persons,
    compare_revenue,
)
from identity_graph.database import open_database
from identity_graph.identity_rules import RULES, RuleChange, compare_rules, read_rules
from identity_graph.project import Project
from identity_graph.trial import Trial

# By their place in the package: another project may have models of the same names.
MODELS = (
    "+identity_graph.marts.identity.users",
    "+identity_graph.marts.identity.identity_links",
    "+identity_graph.marts.attribution.attributed_conversions",
)


@dataclass(frozen=True)
class Build:
    """What a build under one version of the rules says."""

    persons: Labels
    households: Labels
    organizations: Labels
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

    @property
    def persons(self) -> PersonChanges:
        """What becomes of persons."""
        return compare_persons(self.before.persons, self.after.persons)

    @property
    def households(self) -> PersonChanges:
        """What becomes of households."""
        return compare_persons(self.before.households, self.after.households)

    @property
    def organizations(self) -> PersonChanges:
        """What becomes of organizations."""
        return compare_persons(self.before.organizations, self.after.organizations)

    @property
    def links(self) -> list[LinkChange]:
        """The accepted links by key type: the keys that cause it."""
        return compare_links(self.before.links, self.after.links, self.before.persons, self.after.persons)

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
    return RuleTrial(tuple(changes), before, after)


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
    users = connection.execute(
        """
        select
            space_id, anonymous_id, universal_id, household_id, coalesce(organization_id, anonymous_id),
            is_outlier_component
        from marts.users
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
        select conversion_id, channel, coalesce(currency_code, ''), coalesce(attributed_revenue, 0)
        from marts.attributed_conversions
        where attribution_model = 'last_touch' and identity_mode = 'graph'
        """
    ).fetchall()
    persons, households, organizations = (
        {(row[0], row[1]): (row[0], row[column]) for row in users} for column in (2, 3, 4)
    )
    return Build(
        persons=persons,
        households=households,
        organizations=organizations,
        dissolved_ids=sum(row[5] for row in users),
        links={((space, one), (space, other), key_type) for space, one, other, key_type in links},
        refusals=Counter(dict(refusals)),
        credits={row[0]: row[1:] for row in credits},
    )
