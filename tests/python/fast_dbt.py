"""dbt without compiling again in each run what it compiled before; what it builds and what it says stay the same."""

from typing import Any

from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment


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
