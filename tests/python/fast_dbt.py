"""dbt without what no test looks at: what it makes again in each run, and messages for a log of debugging."""

from functools import cache
from typing import Any

import parsedatetime
from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment
from dbt_common.events.base_types import DebugLevel
from dbt_common.events.event_manager import EventManager


def compile_templates_once() -> None:
    """Compile each template once in a process, not once a run."""
    compiled: dict[tuple[type, str], Any] = {}
    for environment in (MacroFuzzEnvironment, NativeSandboxEnvironment):
        environment.compile = remembering(environment.compile, compiled)


def remembering(compile_template: Any, compiled: dict[tuple[type, str], Any]) -> Any:
    """Let jinja remember templates that have no name, as all of dbt's."""

    def compile_or_remember(self: Any, source: Any, *arguments: Any, **options: Any) -> Any:
        if arguments or options or not isinstance(source, str):
            return compile_template(self, source, *arguments, **options)
        key = (type(self), source)
        if key not in compiled:
            compiled[key] = compile_template(self, source)
        return compiled[key]

    return compile_or_remember


def make_no_debug_events() -> None:
    """Let dbt make no message that only a log of debugging holds: a seventh of a run on few events."""
    fire_event = EventManager.fire_event

    def fire_unless_debug(self: EventManager, event: Any, *arguments: Any, **options: Any) -> None:
        if not isinstance(event, DebugLevel):
            fire_event(self, event, *arguments, **options)

    DebugLevel.__init__ = lambda self, *_, **__: None
    EventManager.fire_event = fire_unless_debug


def read_calendars_once() -> None:
    """Let one calendar serve all results of queries: dbt's table makes three for each, for dates written in words."""
    parsedatetime.Constants = cache(parsedatetime.Constants)
