"""What decides what the tables say is part of a fingerprint, so that a change of it is followed."""

import re
from typing import Any

from dbt_runs import first_parse
from test_check_vars import VARS

VAR = re.compile(r"\bvar\('(\w+)'")
# Where rows lie and which of them are read, which a run sees for itself, and when it is.
ASKED_IN_EACH_RUN = {
    "as_of": "The clock of a run, without which it could not be run again.",
    "generic_arrives_by": "Which partitions are read.",
    "generic_columns": "events_fingerprint has it by the name of the source.",
    "generic_events_relation": "Where rows lie.",
    "hold_back_watermark": "How long an event waits before it is counted; then it counts as any other.",
    "optional_marts": "Marts that nothing else reads.",
    "raw_files_like": "Which files are read.",
}


def texts(manifest: Any, node: Any) -> list[str]:
    """What a node says, and each macro of the project that it calls or that such a macro calls."""
    called, found = [*node.depends_on.macros], {}
    while called:
        name = called.pop()
        if name not in found and name.startswith("macro.identity_graph."):
            found[name] = manifest.macros[name].macro_sql
            called += manifest.macros[name].depends_on.macros
    return [node.raw_code, *found.values()]


def test_each_var_that_a_table_depends_on_is_in_a_fingerprint() -> None:
    manifest = first_parse().manifest
    names = ("rules_fingerprint", "events_fingerprint", "settings_of_source")
    fingerprints = [manifest.macros[f"macro.identity_graph.{name}"].macro_sql for name in names]
    told = set(re.findall(r"'(\w+)'", "".join(fingerprints)))
    read = {
        name
        for node in manifest.nodes.values()
        if node.resource_type == "model" and not node.config.meta.get("is_optional")
        for name in VAR.findall("".join(texts(manifest, node)))
    } & {*VARS}
    assert read - told == {*ASKED_IN_EACH_RUN}
    assert "session_timeout_minutes" in read
