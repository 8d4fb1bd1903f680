"""dbt without what no test looks at: what it makes again in each run, and messages for a log of debugging."""

import re
from collections.abc import Callable
from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import Any

import parsedatetime
from dbt import compilation
from dbt.adapters.base.impl import BaseAdapter
from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
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


class OneMacro(tuple, MacroGenerator):
    """A macro, and the context, node and stack that it shares with hundreds of others: a pair is made at once."""

    macro = property(itemgetter(0))
    context = property(lambda self: self[1][0])
    node = property(lambda self: self[1][1])
    stack = property(lambda self: self[1][2])
    __hash__ = object.__hash__
    __eq__ = object.__eq__


class Namespace(dict[str, Any]):
    """All macros by name, as a dictionary that is copied at once; by package as in dbt's own."""

    get_from_package = MacroNamespace.get_from_package


class NamespacePlan:
    """Which macro has which name in a namespace, read from one that dbt built of the same macros."""

    def __init__(self, macros: tuple[Any, ...], built: MacroNamespace) -> None:
        """Read the names and the places of their macros."""
        self.macros = macros
        self.places = {id(macro): place for place, macro in enumerate(macros)}
        names = dict(built)
        self.flat = self.reader({name: one for name, one in names.items() if not isinstance(one, dict)})
        self.is_project = {
            name: one is built.global_project_namespace for name, one in names.items() if isinstance(one, dict)
        }
        self.global_project = self.reader(built.global_project_namespace)
        self.packages = {package: self.reader(members) for package, members in built.packages.items()}

    def reader(self, namespace: dict[str, MacroGenerator]) -> Callable[[list[OneMacro]], dict[str, OneMacro]]:
        """A function that gives the same namespace of other generators of the same macros."""
        names = tuple(namespace)
        # Two places more than there are names, because of one alone itemgetter makes no tuple.
        read = itemgetter(*(self.places[id(one.macro)] for one in namespace.values()), 0, 0)
        return lambda ones: dict(zip(names, read(ones), strict=False))

    def namespace(self, shared: tuple[Any, Any, Any]) -> Namespace:
        """The namespace of a context."""
        ones = list(map(tuple.__new__, repeat(OneMacro), zip(self.macros, repeat(shared), strict=False)))
        namespace = Namespace(self.flat(ones))
        namespace.packages = {package: read(ones) for package, read in self.packages.items()}
        namespace.global_project_namespace = self.global_project(ones)
        for name, is_project in self.is_project.items():
            namespace[name] = namespace.global_project_namespace if is_project else namespace.packages[name]
        return namespace


def make_namespaces_by_plan() -> None:
    """Let dbt find out once what each macro is called: it does so for every model and for every call of a macro."""
    build = MacroNamespaceBuilder.build_namespace
    plans: dict[tuple, NamespacePlan] = {}

    def build_by_plan(self: MacroNamespaceBuilder, macros_by_package: dict[str, dict[str, Any]], context: Any) -> Any:
        macros = tuple(macro for package in macros_by_package.values() for macro in package.values())
        # A plan keeps its macros, so that nothing else has their ids.
        key = (self.root_package, self.search_package, *self.internal_package_names_order, *map(id, macros))
        if key not in plans:
            if len(plans) > 5:
                plans.clear()
            plans[key] = NamespacePlan(macros, build(self, macros_by_package, context))
        return plans[key].namespace((context, self.node, self.thread_ctx))

    MacroNamespaceBuilder.build_namespace = build_by_plan


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
    """Let dbt compare only relations of the name that it looks for."""
    make_match = BaseAdapter._make_match

    def match_those_of_the_name(self: Any, relations: list[Any], database: str, schema: str, identifier: str) -> Any:
        name = identifier.lower()
        named = [relation for relation in relations if (relation.identifier or "").lower() == name]
        return make_match(self, named, database, schema, identifier)

    BaseAdapter._make_match = match_those_of_the_name
