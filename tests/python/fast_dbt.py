"""dbt without what no test looks at: what it makes again in each run, and messages for a log of debugging."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import parsedatetime
from dbt import compilation
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.cache import RelationsCache
from dbt.clients.jinja import MacroGenerator
from dbt.compilation import Linker
from dbt.context import providers
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.nodes import Macro
from dbt.flags import get_flags
from dbt.graph.graph import Graph
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import (
    BaseMacroGenerator,
    MacroFuzzEnvironment,
    MacroFuzzTemplate,
    NativeSandboxEnvironment,
    NativeSandboxTemplate,
)
from dbt_common.dataclass_schema import dbtClassMixin
from dbt_common.events.base_types import DebugLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.utils.formatting import lowercase
from networkx import is_directed_acyclic_graph


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


def validate_once() -> None:
    """Let dbt hold a value against the schema of its class once in a process, not in each parse: a quarter of one."""
    validate = dbtClassMixin.validate.__func__
    valid: dict[type, set[str]] = {}

    def validate_or_remember(cls: type[dbtClassMixin], data: Any) -> None:
        known, value = valid.setdefault(cls, set()), repr(data)
        if value not in known:
            validate(cls, data)
            known.add(value)

    dbtClassMixin.validate = classmethod(validate_or_remember)


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


def read_seeds_once() -> None:
    """Let dbt read a seed once in a process, for all runs in which its file holds the same."""
    read = agate_helper.from_csv
    tables: dict[tuple[Any, ...], Any] = {}

    def read_or_remember(path: str, text_columns: Mapping[str, str], delimiter: str = ",") -> Any:
        key = (Path(path).read_bytes(), tuple(text_columns.items()), delimiter)
        if key not in tables:
            tables[key] = read(path, text_columns, delimiter)
        return tables[key]

    agate_helper.from_csv = read_or_remember


def read_flags_once() -> None:
    """Let dbt read the flags of a run once: it does for each model and each call of a macro, and none changes them."""
    read = providers.args_to_dict
    last: list[Any] = [None, None]

    def read_or_copy(arguments: Any) -> dict[str, Any]:
        flags = get_flags()
        if last[0] is not flags:
            last[:] = [flags, read(arguments)]
        return last[1].copy()

    providers.args_to_dict = read_or_copy


class MadeWhenAsked(dict[str, Any]):
    """Values by name, each made when it is asked for: a context calls a few of the hundreds of macros that it could."""

    def __init__(self) -> None:
        """Begin with no name."""
        super().__init__()
        self.can_make({}, str)

    def can_make(self, names: Mapping[str, Any], make: Callable[[str], Any]) -> None:
        """Take names, and what makes the value of one."""
        self._names, self._make = names, make

    def __missing__(self, name: str) -> Any:
        """Make a value."""
        if name not in self._names:
            raise KeyError(name)
        self[name] = made = self._make(name)
        return made

    def __contains__(self, name: object) -> bool:
        """Whether it is there or can be made."""
        return super().__contains__(name) or name in self._names

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary."""
        try:
            return self[name]
        except KeyError:
            return default

    def items(self) -> Any:
        """All, now made."""
        return {name: self[name] for name in [*self, *self._names]}.items()


class Namespace(MadeWhenAsked):
    """All macros by name, and by package as in dbt's own."""

    get_from_package = MacroNamespace.get_from_package


class NamespacePlan:
    """Which macro has which name in a namespace, read from one that dbt built of the same macros."""

    def __init__(self, macros_by_package: dict[str, dict[str, Any]], built: MacroNamespace) -> None:
        """Read the names; a plan keeps the dictionary that it is known by, so that nothing else has its id."""
        self.kept = macros_by_package
        names = dict(built)
        self.flat = self.macros({name: one for name, one in names.items() if not isinstance(one, dict)})
        self.global_project = self.macros(built.global_project_namespace)
        self.packages = {package: self.macros(members) for package, members in built.packages.items()}
        self.is_global_project = {
            name: one is built.global_project_namespace for name, one in names.items() if isinstance(one, dict)
        }

    @staticmethod
    def macros(namespace: Mapping[str, MacroGenerator]) -> dict[str, Macro]:
        """The macros of a namespace, of no context."""
        return {name: one.macro for name, one in namespace.items()}

    def namespace(self, make: Callable[[Macro], MacroGenerator]) -> Namespace:
        """The namespace of a context."""

        def named(macros: dict[str, Macro], found: MadeWhenAsked) -> MadeWhenAsked:
            found.can_make(macros, lambda name: make(macros[name]))
            return found

        namespace = named(self.flat, Namespace())
        namespace.packages = {package: named(members, MadeWhenAsked()) for package, members in self.packages.items()}
        namespace.global_project_namespace = named(self.global_project, MadeWhenAsked())
        for name, is_global_project in self.is_global_project.items():
            own = namespace.global_project_namespace if is_global_project else namespace.packages[name]
            namespace[name] = own
        return namespace


def make_macros_when_they_are_called() -> None:
    """Let dbt make no macro that is not called: it makes them all for each model and for each call of a macro.

    They are most of the objects that a run makes, and garbage in cycles when it ends.
    """
    build = MacroNamespaceBuilder.build_namespace
    build_of_context, to_dict = ManifestContext._build_namespace, ManifestContext.to_dict
    plans: dict[tuple, NamespacePlan] = {}

    def build_by_plan(self: MacroNamespaceBuilder, macros_by_package: dict[str, dict[str, Any]], context: Any) -> Any:
        # A manifest makes the dictionary once, and only adds to it.
        size = sum(map(len, macros_by_package.values()))
        key = (self.root_package, self.search_package, *self.internal_package_names_order, id(macros_by_package), size)
        if key not in plans:
            if len(plans) > 5:
                plans.clear()
            plans[key] = NamespacePlan(macros_by_package, build(self, macros_by_package, context))
        return plans[key].namespace(lambda macro: MacroGenerator(macro, context, self.node, self.thread_ctx))

    def build_for_context(self: ManifestContext) -> Any:
        self._ctx = MadeWhenAsked()
        namespace = build_of_context(self)
        self._ctx.can_make(namespace, namespace.__getitem__)
        return namespace

    def put_macros_before_all_else(self: ManifestContext) -> dict[str, Any]:
        context = to_dict(self)
        if isinstance(context, MadeWhenAsked):
            context |= {name: self.namespace[name] for name in context if name in self.namespace}
        return context

    MacroNamespaceBuilder.build_namespace = build_by_plan
    ManifestContext._build_namespace = build_for_context
    ManifestContext.to_dict = put_macros_before_all_else
    # One kind of dbt's templates asks a context for a name, the other copies it.
    NativeSandboxTemplate.new_context = MacroFuzzTemplate.new_context


BEGINNING_WITH = re.compile(r"\s*with(\s+recursive)?\b", re.IGNORECASE)


def put_fixtures_before_queries() -> None:
    """Let dbt not parse a whole query to learn that it begins with `with`: a quarter of a unit test."""
    inject = compilation.inject_ctes_into_sql

    def inject_at_the_beginning(sql: str, ctes: list[Any]) -> str:
        beginning = BEGINNING_WITH.match(sql)
        if not ctes or not beginning:
            return inject(sql, ctes)
        end = beginning.end()
        return sql[:end] + ", ".join(cte.sql for cte in ctes) + ", " + sql[end:]

    compilation.inject_ctes_into_sql = inject_at_the_beginning


def find_relations_by_name() -> None:
    """Let dbt compare only relations of the schema and of the name that it looks for."""
    make_match = BaseAdapter._make_match

    def relations_of_the_schema(self: RelationsCache, database: str | None, schema: str | None) -> list[Any]:
        place = (lowercase(database), lowercase(schema))
        with self.lock:
            return [relation.inner for key, relation in self.relations.items() if key[:2] == place]

    def match_those_of_the_name(self: Any, relations: list[Any], database: str, schema: str, identifier: str) -> Any:
        name = identifier.lower()
        named = [relation for relation in relations if (relation.identifier or "").lower() == name]
        return make_match(self, named, database, schema, identifier)

    RelationsCache.get_relations = relations_of_the_schema
    BaseAdapter._make_match = match_those_of_the_name


def make_a_macro_once_in_a_context() -> None:
    """Let dbt make a macro of a context once, not for each call: it looks names up in the context when it is called."""
    make = BaseMacroGenerator.get_macro

    def make_or_remember(self: Any) -> Any:
        if "made" not in self.__dict__:
            self.made = make(self)
        return self.made

    MacroGenerator.get_macro = make_or_remember


def walk_the_graph_faster() -> None:
    """Let dbt find parents by the graph itself, not by views of it, and look for a cycle only where there is one."""
    find_cycle, select_parents = Linker.find_cycles, Graph.select_parents

    def find_cycle_if_any(self: Linker) -> str | None:
        return None if is_directed_acyclic_graph(self.graph) else find_cycle(self)

    def select_all_parents(self: Graph, selected: set[str], max_depth: int | None = None) -> set[str]:
        if max_depth is not None:
            return select_parents(self, selected, max_depth)
        found: set[str] = set()
        layer = selected
        while layer:
            edges = chain.from_iterable(self.graph._pred[node].items() for node in layer)
            layer = {parent for parent, edge in edges if edge.get("edge_type") != "parent_test"} - found
            found |= layer
        return found

    Linker.find_cycles = find_cycle_if_any
    Graph.select_parents = select_all_parents
