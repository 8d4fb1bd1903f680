"""Which columns of which tables a statement reads, by the tree that the analyzer of GoogleSQL resolves it to.

BigQuery bills the columns that a result needs, however many `with` clauses and `select *` lie between: so the tree is
gone through from its result down to the tables, with the columns that are needed and the constant conditions that hold
there. A view is what it selects. A condition with constants reaches a table through `with`, joins, unions and grouping,
as BigQuery pushes it down; one on a table's partition column leaves the other partitions unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2

COMPARISONS = {"$equal": "=", "$less": "<", "$less_or_equal": "<=", "$greater": ">", "$greater_or_equal": ">="}
TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# What holds no column, and is most of a tree.
UNREAD = {"type", "signature", "function", "function_call_info", "hint_list", "collation_list", "type_annotation_map"}
# A kind of node is gone through by the method of its name: TableScan by _table_scan.
CAPITAL = re.compile("([A-Z])")
INNER, LEFT, RIGHT, FULL = range(4)
EXISTS = 2


@dataclass(frozen=True)
class Condition:
    """A comparison of a column with constants: `between` two, `in` any number, else one."""

    comparison: str
    constants: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """A column of a table that a statement reads, and what holds of its partition column, if anything.

    Of what a statement deletes or updates, BigQuery bills all columns of the partitions besides: `is_rewritten`.
    """

    table: str
    column: str
    conditions: frozenset[Condition] = frozenset()
    is_rewritten: bool = False


@dataclass(frozen=True)
class Table:
    """A table's columns, the one it is partitioned by, the first it is clustered by, and what a view selects."""

    columns: tuple[str, ...]
    partition_column: str | None = None
    cluster_column: str | None = None
    view: Node | None = None


class Node:
    """A node of a serialized tree, read field by field where it is asked: trees nest deeper than protobuf reads."""

    def __init__(self, kind: Descriptor, data: bytes) -> None:
        """Split the bytes of a message into its fields."""
        self.kind = kind
        self.name = kind.name.removeprefix("Resolved").removesuffix("Proto")
        self.fields: dict[str, list[Any]] = {}
        position = 0
        while position < len(data):
            tag, position = varint(data, position)
            if tag & 7 == 0:
                value, position = varint(data, position)
            else:
                size, position = {1: (8, position), 5: (4, position)}.get(tag & 7) or varint(data, position)
                value, position = data[position : position + size], position + size
            field = kind.fields_by_number.get(tag >> 3)
            if field is not None:
                self.fields.setdefault(field.name, []).append((field, value))

    def all(self, name: str) -> list[Any]:
        """Values of a field, also of one that a node has of its parents' kind."""
        if name in self.fields:
            return [read_value(field, value) for field, value in self.fields[name]]
        parent = [] if name == "parent" else self.all("parent")
        return parent[0].all(name) if parent else []

    def one(self, name: str) -> Any:
        """Value of a field that is there once at most; None where it is not."""
        found = self.all(name)
        return found[0] if found else None

    def children(self) -> Iterator[Node]:
        """Nodes beneath this one that may hold columns."""
        for name, values in self.fields.items():
            if name not in UNREAD and values[0][0].message_type is not None:
                yield from (read_value(field, value) for field, value in values)

    def __repr__(self) -> str:
        """Name the node and its fields."""
        return f"{self.name}({', '.join(self.fields)})"


def varint(data: bytes, position: int) -> tuple[int, int]:
    """Read a number of variable length, and the position after it."""
    number = shift = 0
    while True:
        byte = data[position]
        number |= (byte & 127) << shift
        position += 1
        if byte < 128:
            return number, position
        shift += 7


def read_value(field: FieldDescriptor, value: Any) -> Any:
    """Read a field's value; a node that may be of several kinds is the one that it is."""
    if field.message_type is None:
        return value.decode() if field.type == FieldDescriptor.TYPE_STRING else value
    node = Node(field.message_type, value)
    while node.kind.name.startswith("Any"):
        [(inner, data)] = next(iter(node.fields.values()))
        node = Node(inner.message_type, data)
    return node


def resolved_statement(response: bytes) -> Node:
    """The tree in a response of the analyzer."""
    return Node(local_service_pb2.AnalyzeResponse.DESCRIPTOR, response).one("resolved_statement")


def constant(node: Node) -> str | None:
    """Text of an expression without a column, as far as literals, casts and functions go."""
    if node.name == "Cast":
        return constant(node.one("expr"))
    if name := function_name(node):
        arguments = [constant(argument) for argument in node.all("argument_list")]
        return None if None in arguments else f"{name}({', '.join(arguments)})"
    if node.name != "Literal" or (value := node.one("value").one("value")) is None:
        return None
    for name, read in READERS.items():
        if (found := value.one(name)) is not None:
            return read(found)
    return None


def timestamp_text(value: Node) -> str:
    """Text of a time in UTC."""
    return str(datetime.fromtimestamp(value.one("seconds") or 0, UTC).replace(tzinfo=None))


READERS: dict[str, Callable[[Any], str]] = {
    "int64_value": lambda number: str(number - (1 << 64) if number >> 63 else number),
    "bool_value": lambda value: "true" if value else "false",
    "string_value": str,
    "enum_value": str,
    "date_value": lambda days: str(date(1970, 1, 1) + timedelta(days=days - (1 << 64) if days >> 63 else days)),
    "timestamp_value": timestamp_text,
}


def id_of(column: Node) -> int:
    """Number of a column, one in a statement."""
    return column.one("column_id")


def plain_column(expression: Node) -> int | None:
    """The column that an expression is, and nothing else."""
    return id_of(expression.one("column")) if expression.name == "ColumnRef" else None


def conjuncts(expression: Node | None) -> Iterator[Node]:
    """Conditions that all have to hold."""
    if expression is None:
        return
    if function_name(expression) == "$and":
        for argument in expression.all("argument_list"):
            yield from conjuncts(argument)
    else:
        yield expression


def function_name(expression: Node) -> str:
    """Name of the function that an expression calls; empty where it calls none."""
    function = expression.one("function") if expression.name == "FunctionCall" else None
    return function.one("name").split(":")[-1] if function else ""


def conditions_in(expression: Node | None) -> set[tuple[int, Condition]]:
    """Comparisons of a column with constants that an expression demands."""
    found = set()
    for part in conjuncts(expression):
        if (column := plain_column(part)) is not None:
            found.add((column, Condition("is", ("true",))))
            continue
        name, arguments = function_name(part), part.all("argument_list")
        if name not in COMPARISONS and name not in ("$in", "$between"):
            continue
        column, constants = plain_column(arguments[0]), [constant(argument) for argument in arguments[1:]]
        comparison = COMPARISONS.get(name, name[1:])
        if column is None and name in COMPARISONS:
            column, constants = plain_column(arguments[1]), [constant(arguments[0])]
            comparison = TURNED[comparison]
        if column is not None and None not in constants:
            found.add((column, Condition(comparison, tuple(constants))))
    return found


Conditions = frozenset[tuple[int, Condition]]


class Reader:
    """What one statement reads."""

    def __init__(self, tables: dict[str, Table]) -> None:
        """Begin with nothing read.

        Args:
            tables: what is known of each table, by the name that the catalog gives it.

        """
        self.tables = tables
        self.reads: set[Read] = set()
        # What `with` names, by its name, which is one in a statement.
        self.named: dict[str, Node] = {}
        self.seen: set[tuple[str, frozenset[int], Conditions]] = set()

    def statement(self, node: Node) -> set[Read]:
        """Reads of a statement."""
        target = node.one("table_scan")
        if node.name in ("DeleteStmt", "UpdateStmt", "MergeStmt"):
            condition = node.one("where_expr")
            items = [part for name in ("merge_expr", "when_clause_list") for part in node.all(name)]
            items += [value for item in node.all("update_item_list") for value in item.all("set_value")]
            used = self.expression(condition).union(*(self.expression(item) for item in items))
            held = frozenset(conditions_in(condition))
            self.scan(target, used, held)
            name = target.one("table").one("name")
            conditions = {read.conditions for read in self.reads if read.table == name} or {frozenset()}
            self.reads |= {
                Read(name, column, of_target, is_rewritten=True)
                for column in self.tables[name].columns
                for of_target in conditions
            }
            if source := node.one("from_scan"):
                self.scan(source, used, frozenset())
        elif node.name != "CreateViewStmt" and (query := node.one("query")) is not None:
            outputs = {id_of(output.one("column")) for output in node.all("output_column_list")}
            outputs |= {id_of(column) for column in node.all("query_output_column_list")}
            self.scan(query, outputs, frozenset())
        return self.reads

    def expression(self, node: Node | None) -> set[int]:
        """Columns that an expression uses; what its subqueries read is noted."""
        if node is None:
            return set()
        if node.name == "ColumnRef":
            return {id_of(node.one("column"))}
        if node.name == "SubqueryExpr":
            subquery = node.one("subquery")
            given = {id_of(column) for column in subquery.all("column_list")}
            used = self.scan(subquery, set() if node.one("subquery_type") == EXISTS else given, frozenset())
            return used.union(*(self.expression(part) for part in (*node.all("parameter_list"), node.one("in_expr"))))
        return set().union(*(self.expression(child) for child in node.children()))

    def scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        """Go through what gives rows.

        Args:
            node: what gives the rows.
            needed: columns that are used of it.
            held: conditions that its rows have to meet, wherever they are tested.

        Returns:
            the columns used in it, those of the statement around a subquery among them.

        """
        go_through = getattr(self, CAPITAL.sub(r"_\1", node.name).lower(), None)
        if go_through is not None:
            return go_through(node, needed, held)
        # Any other kind uses all that it is given.
        used = set(needed)
        for child in node.children():
            if child.name.endswith("Scan") and child.name != "Scan":
                used |= self.scan(child, used | {id_of(column) for column in child.all("column_list")}, frozenset())
            elif child.name != "Scan":
                used |= self.expression(child)
        return used

    def _table_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        name = node.one("table").one("name")
        table = self.tables[name]
        names = {id_of(column): column.one("name") for column in node.all("column_list")}
        if table.view is not None:
            selected = table.view.all("output_column_list")
            outputs = {output.one("name"): id_of(output.one("column")) for output in selected}
            # The numbers of the view's columns are of another statement.
            inner = Reader(self.tables)
            inner.scan(
                table.view.one("query"),
                {outputs[names[column]] for column in needed & set(names)},
                frozenset((outputs[names[column]], condition) for column, condition in held if column in names),
            )
            self.reads |= inner.reads
            return set(needed)
        conditions = frozenset(
            condition
            for column, condition in held
            if names.get(column) in {table.partition_column, table.cluster_column} - {None}
        )
        self.reads |= {Read(name, names[column], conditions) for column in needed & set(names)}
        return set(needed)

    def _with_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        for entry in node.all("with_entry_list"):
            self.named[entry.one("with_query_name")] = entry.one("with_subquery")
        return self.scan(node.one("query"), needed, held)

    def _with_ref_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        name = node.one("with_query_name")
        query = self.named[name]
        inner = {
            id_of(outer): id_of(column)
            for outer, column in zip(node.all("column_list"), query.all("column_list"), strict=True)
        }
        inner_needed = frozenset(inner[column] for column in needed if column in inner)
        inner_held = frozenset((inner[column], condition) for column, condition in held if column in inner)
        if (name, inner_needed, inner_held) not in self.seen:
            self.seen.add((name, inner_needed, inner_held))
            self.scan(query, set(inner_needed), inner_held)
        return set(needed)

    def _filter_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        condition = node.one("filter_expr")
        if any(part.name == "Literal" and constant(part) == "false" for part in conjuncts(condition)):
            # No row can be: only the names of columns are asked for.
            return set(needed)
        used = needed | self.expression(condition)
        return self.scan(node.one("input_scan"), used, held | conditions_in(condition))

    def computed(self, columns: list[Node], needed: set[int], held: Conditions) -> tuple[set[int], Conditions]:
        """Columns that computed columns use where they are needed, and conditions on those that only rename."""
        used, passed = set(), set(held)
        for column in columns:
            number, expression = id_of(column.one("column")), column.one("expr")
            if number in needed:
                used |= self.expression(expression)
            if (origin := plain_column(expression)) is not None:
                passed |= {(origin, condition) for held_column, condition in held if held_column == number}
        return used, frozenset(passed)

    def _project_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        used, passed = self.computed(node.all("expr_list"), needed, held)
        return self.scan(node.one("input_scan"), needed | used, passed)

    def _join_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        kind, condition = node.one("join_type") or INNER, node.one("join_expr")
        used, on = needed | self.expression(condition), conditions_in(condition)
        # Columns have numbers of their own, so that a condition reaches only the side whose column it names.
        left = {INNER: held | on, LEFT: held, RIGHT: on, FULL: frozenset()}[kind]
        right = {INNER: held | on, LEFT: on, RIGHT: held, FULL: frozenset()}[kind]
        used = used | self.scan(node.one("left_scan"), used, frozenset(left))
        return used | self.scan(node.one("right_scan"), used, frozenset(right))

    def _aggregate_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        keys, aggregates = node.all("group_by_list"), node.all("aggregate_list")
        grouped, passed = self.computed(keys, {id_of(key.one("column")) for key in keys}, held)
        used, _ = self.computed(aggregates, needed, frozenset())
        return self.scan(node.one("input_scan"), grouped | used, passed)

    def _analytic_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        used, partitions = set(needed), []
        for group in node.all("function_group_list"):
            partition = self.expression(group.one("partition_by"))
            partitions.append(partition)
            functions, _ = self.computed(group.all("analytic_function_list"), needed, frozenset())
            if any(id_of(function.one("column")) in needed for function in group.all("analytic_function_list")):
                used |= functions | partition | self.expression(group.one("order_by"))
        # A window sees all rows of its partition, so only what divides them leaves some unread.
        passed = frozenset((column, condition) for column, condition in held if all(column in p for p in partitions))
        return self.scan(node.one("input_scan"), used, passed)

    def _set_operation_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        outer = [id_of(column) for column in node.all("column_list")]
        is_union_all = not node.one("op_type")
        for item in node.all("input_item_list"):
            inner = dict(zip(outer, (id_of(column) for column in item.all("output_column_list")), strict=True))
            used = {inner[column] for column in outer if column in needed or not is_union_all}
            self.scan(item.one("scan"), used, frozenset((inner[c], condition) for c, condition in held if c in inner))
        return set(needed)

    def _order_by_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        used = needed.union(*(self.expression(item) for item in node.all("order_by_item_list")))
        return self.scan(node.one("input_scan"), used, held)

    def _limit_offset_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        return self.scan(node.one("input_scan"), needed, frozenset())

    def _array_scan(self, node: Node, needed: set[int], held: Conditions) -> set[int]:
        expressions = [*node.all("array_expr_list"), node.one("join_expr")]
        used = needed.union(*(self.expression(expression) for expression in expressions))
        source = node.one("input_scan")
        return self.scan(source, used, held) if source is not None else used


def reads_of(statement: Node, tables: dict[str, Table]) -> set[Read]:
    """What a statement reads."""
    return Reader(tables).statement(statement)
