"""Documents for the graph's schema: every one is valid, most are strange."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import strategies as st

from tests.wire.compiled.world import KINDS, Fault

ALIASES = [
    "a1",
    "class",
    "None",
    "_",
    "__x",
    "self",
    "run",
    "parent",
    "value0",
    "data",
    "__class__",
    "__init__",
    "e" * 300,
]

LITERALS: dict[str, list[tuple[str, Any]]] = {
    "String": [('"word"', "word"), ('""', ""), ('"""block"""', "block"), ('"é\\n"', "é\n")],
    "Int": [("0", 0), ("3", 3), ("-2", -2), ("2", 2)],
    "Float": [("1.5", 1.5), ("2", 2), ("-0.0", -0.0), ("1e3", 1e3)],
    "Boolean": [("true", True), ("false", False)],
    "ID": [('"id"', "id"), ("7", 7)],
    "UUID": [('"00000000-0000-0000-0000-000000000001"', "00000000-0000-0000-0000-000000000002")],
    "DateTime": [('"2026-11-21T09:00:00+02:00"', "2026-11-21T09:00:00.5Z")],
    "Date": [('"2026-11-21"', "2024-02-29")],
    "LocalTime": [('"09:30"', "23:59:59")],
    "TimeZone": [('"Europe/Berlin"', "UTC")],
    "Decimal": [('"12.50"', "0.1"), ("3", 3)],
}
NOT_FITTING = [None, "not fitting", [], {}, 2**40, 1.5, True]


@dataclass(frozen=True)
class Asked:
    """A document with what is sent with it, and the attributes that it reads."""

    text: str
    variables: dict[str, Any]
    operation_name: str | None
    read: tuple[tuple[str, str], ...]


@dataclass
class Writer:
    """Writes one document. What a response key means is the same in all of it, so that fields can always be merged."""

    schema: GraphQLSchema
    draw: Callable[[st.SearchStrategy[Any]], Any]
    size: int = 40
    meanings: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: dict[str, tuple[GraphQLNamedType, str]] = field(default_factory=dict)
    read: dict[tuple[str, str], None] = field(default_factory=dict)

    def one_in(self, number: int) -> bool:
        return bool(self.draw(st.integers(0, number - 1)) == 1)

    def pick(self, choices: Any) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    def selections(self, type_: Any, depth: int, most: int = 5) -> str:
        """A selection set that selects something."""
        made = [self.selection(type_, depth) for _ in range(self.draw(st.integers(1, most)))]
        return "{ " + " ".join(made) + " }"

    def selection(self, type_: Any, depth: int) -> str:
        self.size -= 1
        what = self.draw(st.integers(0, 11))
        if what == 0 or not hasattr(type_, "fields"):
            if is_abstract_type(type_) and self.draw(st.booleans()) and depth:
                return self.inline_fragment(type_, depth)
            return self.typename(type_)
        if what == 1 and depth and self.size > 0:
            return self.inline_fragment(type_, depth)
        if what == 2 and depth and self.size > 0:
            return self.spread(type_, depth)
        return self.field(type_, depth)

    def typename(self, type_: Any) -> str:
        alias = self.key("__typename", ("__typename", "", "String!")) if self.one_in(3) else "__typename"
        return ("" if alias == "__typename" else f"{alias}: ") + "__typename" + self.directives()

    def field(self, type_: Any, depth: int) -> str:
        fields = type_.fields
        plain = depth <= 1 or self.size <= 0
        names = [name for name, each in fields.items() if not (plain and is_composite_type(get_named_type(each.type)))]
        if not names:
            return "__typename"
        name = self.pick(names)
        definition = fields[name]
        arguments = self.arguments(definition.args)
        key = self.key(name, (name, arguments, str(definition.type)))
        declared = definition.extensions.get("strawberry-definition")
        if declared is not None:
            self.note(type_, declared)
        inner = get_named_type(definition.type)
        below = f" {self.selections(inner, depth - 1)}" if is_composite_type(inner) else ""
        return ("" if key == name else f"{key}: ") + name + arguments + self.directives() + below

    def note(self, type_: Any, declared: Any) -> None:
        of_types = self.schema.get_possible_types(type_) if is_abstract_type(type_) else [type_]
        # Of a relation its key, of a field of the root what it says, of a computed field what most of them look at.
        told = next(iter((declared.metadata or {}).values()), "index" if declared.base_resolver else None)
        attribute = getattr(told, "key", told) or declared.python_name
        for of_type in of_types:
            self.read[of_type.name, attribute] = None

    def key(self, name: str, meaning: tuple[Any, ...]) -> str:
        wanted = self.pick(ALIASES) if self.one_in(5) else name
        number = 1
        while self.meanings.setdefault(wanted, meaning) != meaning:
            number += 1
            wanted = f"{name}_{number}"
        return str(wanted)

    def inline_fragment(self, type_: Any, depth: int) -> str:
        on = self.pick(self.overlapping(type_))
        condition = "" if on is type_ and self.draw(st.booleans()) else f" on {on.name}"
        return f"...{condition}{self.directives()} {self.selections(on, depth, 3)}"

    def spread(self, type_: Any, depth: int) -> str:
        known = [name for name, (on, _) in self.fragments.items() if on in self.overlapping(type_)]
        if known and self.draw(st.booleans()):
            return f"...{self.pick(known)}{self.directives()}"
        on = self.pick(self.overlapping(type_))
        text = self.selections(on, min(depth, 2), 4)  # before it has a name: no fragment holds itself
        name = f"Part{len(self.fragments)}"
        self.fragments[name] = on, f"fragment {name} on {on.name} {text}"
        return f"...{name}{self.directives()}"

    def overlapping(self, type_: Any) -> list[Any]:
        kinds = [each for name, each in self.schema.type_map.items() if is_composite_type(each) and name[0] != "_"]
        possible = self.possible(type_)
        return [each for each in kinds if self.possible(each) & possible]

    def possible(self, type_: Any) -> set[str]:
        kinds = self.schema.get_possible_types(type_) if is_abstract_type(type_) else [type_]
        return {kind.name for kind in kinds}

    def directives(self) -> str:
        if not self.one_in(6):
            return ""
        kinds = self.pick([["skip"], ["include"], ["include", "skip"]])
        return "".join(f" @{kind}(if: {self.condition(kind)})" for kind in kinds)

    def condition(self, kind: str) -> str:
        how = self.draw(st.integers(0, 4))
        if how < 2:
            return "true" if (kind == "include") == bool(how) else "false"
        name = f"when{self.draw(st.integers(0, 2))}"
        if name not in self.definitions:
            default = self.pick(["", "", " = true", " = false"])
            self.definitions[name] = f"${name}: Boolean!{default}"
            if not default or self.draw(st.booleans()):
                self.variables[name] = self.draw(st.booleans())
        return f"${name}"

    def arguments(self, arguments: dict[str, GraphQLArgument]) -> str:
        given = []
        for name, argument in arguments.items():
            must = is_non_null_type(argument.type) and argument.default_value is Undefined
            if must or self.draw(st.booleans()):
                given.append(f"{name}: {self.argument(argument)}")
        return f"({', '.join(given)})" if given else ""

    def argument(self, argument: GraphQLArgument) -> str:
        if not self.one_in(3):
            return self.literal(argument.type)
        name = f"v{len(self.definitions)}"
        type_: Any = argument.type
        kind = f"{type_}!" if not is_non_null_type(type_) and self.one_in(3) else str(type_)
        must = kind.endswith("!")
        default = "" if self.draw(st.booleans()) else f" = {self.literal(type_, constant=True)}"
        if must and default == " = null":
            default = ""
        self.definitions[name] = f"${name}: {kind}{default}"
        if self.one_in(25):
            self.variables[name] = self.pick(NOT_FITTING)
        elif (must and not default) or self.draw(st.booleans()):
            value = self.value(type_)
            self.variables[name] = self.value(type_.of_type if is_non_null_type(type_) else type_) if must else value
            if must and self.variables[name] is None:
                del self.variables[name]  # refused, and so is that
        elif self.one_in(12):
            self.variables[name] = None
        return f"${name}"

    def literal(self, type_: GraphQLInputType, *, constant: bool = False) -> str:
        if is_non_null_type(type_):
            return self._literal(type_.of_type, constant)
        return "null" if self.one_in(6) else self._literal(type_, constant)

    def _literal(self, type_: Any, constant: bool) -> str:
        if is_list_type(type_):
            count = self.draw(st.integers(0, 2))
            if self.one_in(5):
                return self.literal(type_.of_type, constant=constant)  # one value is a list of one
            return "[" + ", ".join(self.literal(type_.of_type, constant=constant) for _ in range(count)) + "]"
        if isinstance(type_, GraphQLEnumType):
            return str(self.pick(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            given = self.fields_of(type_)
            return "{" + ", ".join(f"{name}: {self.literal(each, constant=constant)}" for name, each in given) + "}"
        return str(self.pick(LITERALS[type_.name])[0])

    def value(self, type_: Any) -> Any:
        if is_non_null_type(type_):
            return self._value(type_.of_type)
        return None if self.one_in(6) else self._value(type_)

    def _value(self, type_: Any) -> Any:
        if is_list_type(type_):
            return [self.value(type_.of_type) for _ in range(self.draw(st.integers(0, 2)))]
        if isinstance(type_, GraphQLEnumType):
            return self.pick(type_.values)
        if isinstance(type_, GraphQLInputObjectType):
            return {name: self.value(each) for name, each in self.fields_of(type_)}
        return self.pick(LITERALS[type_.name])[1]

    def fields_of(self, type_: GraphQLInputObjectType) -> list[tuple[str, Any]]:
        if type_.is_one_of:
            name = self.pick(type_.fields)
            return [(name, GraphQLNonNull(type_.fields[name].type))]
        self.size -= 2
        return [
            (name, each.type)
            for name, each in type_.fields.items()
            if (is_non_null_type(each.type) and each.default_value is Undefined) or (self.one_in(4) and self.size > 0)
        ]

    def text(self, kind: str, selections: str, name: str) -> str:
        given = f"({', '.join(self.definitions.values())})" if self.definitions else ""
        return "\n".join([f"{kind} {name}{given} {selections}", *(text for _, text in self.fragments.values())])


INTROSPECTION = ["__schema { queryType { name } types { kind name } }", '__type(name: "Box") { fields { name } }']


@st.composite
def documents(draw: Any, schema: GraphQLSchema, *, depth: int = 5) -> Asked:
    """An operation with its fragments and variables."""
    writer = Writer(schema, draw)
    kind = "mutation" if writer.one_in(8) else "query"
    root = schema.mutation_type if kind == "mutation" else schema.query_type
    body = writer.selections(root, depth, 4)
    if kind == "query" and writer.one_in(12):
        body = f"{body[:-1]} {writer.pick(INTROSPECTION)} }}"
    text = writer.text(kind, body, "Main")
    name = writer.pick([None, None, "Main"])
    if writer.one_in(10):
        text, name = f"query Other {{ version }}\n{text}", writer.pick(["Main", "Main", "Other", "Nobody"])
    return Asked(text, writer.variables, name, tuple(writer.read))


@st.composite
def faults(draw: Any, asked: Asked) -> list[Fault]:
    """Values that are wrong where the document looks; none of them quite often."""
    if not asked.read or draw(st.integers(0, 2)) == 0:
        return []
    return [
        Fault(type_name, attribute, draw(st.sampled_from(KINDS)), draw(st.integers(0, 6)))
        for type_name, attribute in draw(st.lists(st.sampled_from(asked.read), min_size=1, max_size=4))
    ]
