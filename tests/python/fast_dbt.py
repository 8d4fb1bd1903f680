"""dbt without what it does again in each run and no test looks at; what it builds and what it says stay the same."""

from typing import Any

from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment
from dbt_common.events.base_types import BaseEvent, EventLevel
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


def make_no_debug_messages() -> None:
    """Make no message of an event for debugging, for nobody reads it; there are some 36 a node."""
    make, fire = BaseEvent.__init__, EventManager.fire_event

    def remember(self: BaseEvent, *arguments: Any, **values: Any) -> None:
        self.__dict__["made_of"] = (arguments, values)

    def make_where_asked(self: BaseEvent, name: str) -> Any:
        if "made_of" in self.__dict__:
            arguments, values = self.__dict__.pop("made_of")
            make(self, *arguments, **values)
        message = self.__dict__["pb_msg"]
        return message if name == "pb_msg" else getattr(message, name)

    def fire_others(
        self: EventManager, e: BaseEvent, level: EventLevel | None = None, *arguments: Any, **options: Any
    ) -> None:
        if (level or e.level_tag()) != EventLevel.DEBUG:
            fire(self, e, level, *arguments, **options)

    BaseEvent.__init__, BaseEvent.__getattr__ = remember, make_where_asked
    EventManager.fire_event = fire_others
