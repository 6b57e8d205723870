"""How much one operation asks for: a single memoised pass over its document, linear in the document's size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

CEILING = 1_000_000_000  # sums stop here: fragments that double two hundred times would make 60-digit numbers
_OPEN_ENDED = 100  # objects that a list without a page size is taken to have
_LATER = frozenset({"defer", "stream"})
_PAGE_ARGUMENTS = ("first", "last")


@dataclass(frozen=True)
class Limits:
    """The most that one operation may ask for, and how much is answered when it asks for more."""

    max_depth: int = 12
    max_cost: int = 5_000
    max_tokens: int = 2_000
    max_length: int = 65_536  # characters: one token may be a very long string
    max_aliases: int = 100
    max_first: int = 100
    default_page: int = 20
    max_errors: int = 5
    max_deferred: int = 100  # pieces that an answer may come in; more are delivered at once
    max_introspection_depth: int = 20
    max_introspection_lists: int = 15  # GraphiQL reads 10; each one more, inside or beside another, multiplies the work


@dataclass(frozen=True)
class Measure:
    """What an operation asks for, its fragments counted once for every spread; sums end at `CEILING`."""

    depth: int
    cost: int
    aliases: int
    introspection_depth: int = 0
    introspection_lists: int = 0
    deferred: int = 0


def measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
    limits: Limits,
) -> Measure:
    """Measure `operation`, be its document valid or not.

    Raises a `GraphQLError` (BAD_USER_INPUT) for a page size out of bounds. What is under `@skip` or `@include` counts
    in full.
    """
    total = _Pass(schema, document, operation, variables, limits).run()
    return Measure(
        total.depth,
        total.cost,
        total.aliases,
        total.introspection_depth,
        total.introspection_lists,
        total.deferred,
    )


@dataclass(slots=True)
class _Tally:
    """The sums of one selection set with everything beneath it."""

    depth: int = 0
    cost: int = 0
    aliases: int = 0
    introspection_depth: int = 0
    introspection_lists: int = 0
    deferred: int = 0

    def add(self, other: _Tally) -> None:
        self.depth = max(self.depth, other.depth)
        self.cost = min(CEILING, self.cost + other.cost)
        self.aliases = min(CEILING, self.aliases + other.aliases)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self.introspection_lists = min(CEILING, self.introspection_lists + other.introspection_lists)
        self.deferred = min(CEILING, self.deferred + other.deferred)


class _Field(NamedTuple):
    around: _Tally
    beneath: _Tally
    page: int
    is_aliased: bool
    is_list: bool
    introspects: bool
    many: int  # objects beneath it, where nobody says how long a list is

    def close(self) -> None:
        """Add this field to the selection set around it, once everything beneath it has been added up."""
        beneath = self.beneath
        own = _Tally(aliases=self.is_aliased + beneath.aliases)
        if self.introspects:
            own.introspection_depth = 1 + max(beneath.introspection_depth, beneath.depth)
            own.introspection_lists = self.is_list + beneath.introspection_lists
        else:
            own.depth = 1 + beneath.depth
            own.cost = 1 + (self.page * max(1, beneath.cost) if self.page > 1 else beneath.cost)
            own.deferred = self.many * beneath.deferred
            own.introspection_depth = beneath.introspection_depth
            own.introspection_lists = self.page * beneath.introspection_lists
        self.around.add(own)


class _Pass:
    """Nothing here recurses: neither deep documents nor long chains of fragments meet Python's stack limit."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        limits: Limits,
    ) -> None:
        self.schema, self.operation, self.variables, self.limits = schema, operation, variables, limits
        nodes = document.definitions
        self.fragments = {node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)}
        self.defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
        # A fragment names its own type, so it asks for the same wherever it is spread: one tally for each.
        self.tallies: dict[str, _Tally] = {}

    def run(self) -> _Tally:
        for name in _spread_order(self.operation.selection_set, self.fragments):
            fragment = self.fragments[name]
            self.tallies[name] = self._add_up(fragment.selection_set, self._type(fragment.type_condition.name.value))
        return self._add_up(self.operation.selection_set, self.schema.get_root_type(self.operation.operation))

    def _type(self, name: str) -> GraphQLCompositeType | None:
        found = self.schema.get_type(name)
        return found if is_composite_type(found) else None

    def _add_up(self, selection_set: SelectionSetNode, type_: GraphQLNamedType | None) -> _Tally:
        total = _Tally()
        fields: list[_Field] = []
        waiting: list[tuple[SelectionSetNode, GraphQLNamedType | None, _Tally]] = [(selection_set, type_, total)]
        while waiting:
            selections, parent, around = waiting.pop()
            for node in selections.selections:
                if isinstance(node, FragmentSpreadNode):
                    around.add(self.tallies.get(node.name.value, _Tally()))
                    around.add(_Tally(deferred=_comes_later(node)))
                elif isinstance(node, InlineFragmentNode):
                    around.add(_Tally(deferred=_comes_later(node)))
                    condition = node.type_condition
                    inner = self._type(condition.name.value) if condition else parent
                    waiting.append((node.selection_set, inner, around))
                elif isinstance(node, FieldNode) and node.name.value == "__typename":
                    around.add(_Tally(aliases=node.alias is not None))
                elif isinstance(node, FieldNode):
                    definition = self.schema.get_field(parent, node.name.value) if is_composite_type(parent) else None
                    fields.append(self._open(node, parent, definition, around))
                    fields[-1].beneath.add(_Tally(deferred=_comes_later(node)))
                    if node.selection_set:
                        inner = get_named_type(definition.type) if definition else None
                        waiting.append((node.selection_set, inner, fields[-1].beneath))
        for opened in reversed(fields):  # a field stands before everything beneath it
            opened.close()
        return total

    def _open(
        self, node: FieldNode, parent: GraphQLNamedType | None, definition: GraphQLField | None, around: _Tally
    ) -> _Field:
        name = node.name.value
        is_list = definition is not None and is_list_type(get_nullable_type(definition.type))
        page = self._page(node, definition) if definition else 1
        introspects = name in ("__schema", "__type") or (parent is not None and parent.name.startswith("__"))
        is_open_ended = is_list and page == 1 and not (parent is not None and parent.name.endswith("Connection"))
        many = _OPEN_ENDED if is_open_ended else page
        return _Field(around, _Tally(), page, node.alias is not None, is_list, introspects, many)

    def _page(self, node: FieldNode, definition: GraphQLField) -> int:
        """How many times over the selection of a field is answered at most, for all that its arguments say."""
        if not definition.args:
            return 1
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        paged = {name: found for name in _PAGE_ARGUMENTS if (found := definition.args.get(name)) and _counts(found)}
        sizes = [self._size(node, name, given.get(name), argument) for name, argument in paged.items()]
        ids = self._value(given["ids"]) if "ids" in given else None  # `nodes(ids:)` answers once for each
        sizes.append(len(ids) if isinstance(ids, list | tuple) else None)
        return max((size for size in sizes if size), default=self.limits.default_page if paged else 1)

    def _size(self, node: FieldNode, name: str, given: ValueNode | None, argument: GraphQLArgument) -> int | None:
        value = self._value(given) if given else Undefined
        if value is Undefined:
            value = self._default(argument)
        # Whatever is no whole number is refused with the other values of a wrong type; 5.0 is one to graphql-core.
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            return None
        if not 1 <= value <= self.limits.max_first:
            message = f"Argument '{name}' of field '{node.name.value}' must be from 1 to {self.limits.max_first}."
            raise GraphQLError(message, given or node, extensions=error_extensions("BAD_USER_INPUT", field=name))
        return int(value)

    def _value(self, node: ValueNode) -> object:
        if isinstance(node, VariableNode):
            name = node.name.value
            if name in self.variables:
                return self.variables[name]
            default = self.defaults.get(name)
            return self._value(default) if default else Undefined
        if isinstance(node, IntValueNode):
            return int(node.value) if len(node.value) < 10 else CEILING  # int() of 5,000 digits raises
        return node.values if isinstance(node, ListValueNode) else None

    def _default(self, argument: GraphQLArgument) -> object:
        default = argument.default
        if default is None:
            return argument.default_value
        return self._value(default.literal) if default.literal else default.value


def error_extensions(code: str, **more: str) -> dict[str, object]:
    """The `extensions` of an error that is the client's own."""
    return {"code": code, **more, "status": 400}


def _comes_later(node: FieldNode | FragmentSpreadNode | InlineFragmentNode) -> bool:
    return any(directive.name.value in _LATER for directive in node.directives or ())


def _counts(argument: GraphQLArgument) -> bool:
    return get_nullable_type(argument.type) is GraphQLInt


def _spread_order(selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """The fragments within reach, each after those it spreads itself; a cycle is cut where it would close."""
    order: list[str] = []
    seen: set[str] = set()
    path = [("", _spreads(selection_set))]
    while path:
        name, spreads = path[-1]
        following = next((each for each in spreads if each in fragments and each not in seen), None)
        if following is None:
            path.pop()
            order.append(name)
        else:
            seen.add(following)
            path.append((following, _spreads(fragments[following].selection_set)))
    return order[:-1]  # the last to be done is the operation itself


def _spreads(selection_set: SelectionSetNode) -> Iterator[str]:
    waiting = [selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                waiting.append(node.selection_set)
