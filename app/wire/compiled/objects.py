"""Objects: one function for each selection, which reads the plain fields of a whole column and makes its structs."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, NoReturn

import msgspec
from graphql import GraphQLObjectType, Undefined
from strawberry.execution import optimized_is_awaitable

from app.wire.compiled.columns import Column
from app.wire.compiled.completers import Completer, LeafCompleter, Rows, defined, discard
from app.wire.compiled.leaves import General
from app.wire.compiled.resolving import PARENT, Call, Read, Resolve, require
from app.wire.compiled.run import FieldPlace, Run, side_by_side
from app.wire.permissions import FieldPermission


class InlineField:
    """A field whose value is had at once: read or called, and completed in the object's own function."""

    def __init__(
        self,
        place: FieldPlace,
        resolution: Read | Call | Resolve,
        permissions: list[FieldPermission],
        completer: Completer,
    ) -> None:
        self.place, self.resolution, self.permissions, self.completer = place, resolution, permissions, completer


class ConstantField:
    """`__typename`."""

    def __init__(self, key: str, value: str) -> None:
        self.key, self.value = key, value


_MOST_KEPT = 2_000  # characters: an alias may be as long as a document

ObjectField = InlineField | ConstantField | Column


class ObjectCompleter:
    """Completes a column of objects of one type."""

    def __init__(
        self, type_: GraphQLObjectType, place: FieldPlace, fields: dict[str, ObjectField], is_nullable: bool
    ) -> None:
        self.type, self.place, self.fields, self.is_nullable = type_, place, fields, is_nullable
        self.columns = [field for field in fields.values() if isinstance(field, Column)]
        self.is_sync = not self.columns
        self.known: set[type] = set()  # classes whose instances are neither null, nor exceptions, nor awaitable

    @cached_property
    def rows(self) -> Rows:
        return self._assemble if self.is_sync else self._rows_by_column

    async def _rows_by_column(self, values: Sequence[Any], run: Run) -> list[Any]:
        parents = [value for value in values if value is not None]
        if len(parents) < len(values) and not self.is_nullable:
            raise General
        if not parents:
            return list(values)
        self._admit_all(parents, run)
        columns = await side_by_side([column.completed(parents, run) for column in self.columns])
        done: list[Any] = self._assemble(parents, run, *columns)
        if len(parents) == len(values):
            return done
        following = iter(done)
        return [None if value is None else next(following) for value in values]

    def _admit_all(self, parents: Sequence[Any], run: Run) -> None:
        """Before anything is loaded for them: the general way would not."""
        known, is_type_of = self.known, self.type.is_type_of
        info: Any = run.info(self.place)
        for parent in parents:
            if type(parent) not in known:
                self.admit(parent)
            if is_type_of is not None and (verdict := is_type_of(parent, info)) is not True:
                refuse(verdict)

    def admit(self, value: Any) -> None:
        """Raises `General` for what cannot be completed as an object."""
        if value is None or value is Undefined or isinstance(value, Exception) or optimized_is_awaitable(value):
            raise General
        if not hasattr(value, "gi_code"):  # generators are awaitable or not one by one
            self.known.add(type(value))

    @cached_property
    def _assemble(self) -> Any:
        """The function of the source that this selection makes."""
        return defined(*_Source(self).written())


def refuse(verdict: Any) -> NoReturn:
    """Of an `is_type_of` that did not say yes, or not yet."""
    discard(verdict)
    raise General("not of the type")


class _Source:
    """The text of an object's function, and the names that it speaks of."""

    def __init__(self, completer: ObjectCompleter) -> None:
        self.completer = completer
        self.names: dict[str, Any] = {
            "refuse": refuse,
            "known": completer.known,
            "admit": completer.admit,
            "make": struct_of(tuple(completer.fields)),
        }
        self.before: list[str] = []
        self.each: list[str] = []

    def written(self) -> tuple[str, dict[str, Any]]:
        made, columns = [], []
        for number, field in enumerate(self.completer.fields.values()):
            value = f"value{number}"
            made.append(value)
            if isinstance(field, Column):
                columns.append(value)
            elif isinstance(field, ConstantField):
                made[-1] = repr(field.value)
            else:
                self._inline(field, number, value)
        head = ["def rows(values, run" + "".join(f", column_{column}" for column in columns) + "):"]
        head += [f"    {line}" for line in self.before]
        head += ["    out = []", "    add = out.append"]
        if columns:
            zipped = ", ".join(["values", *(f"column_{column}" for column in columns)])
            head.append(f"    for {PARENT}, {', '.join(columns)} in zip({zipped}, strict=True):")
        else:
            head.append(f"    for {PARENT} in values:")
            head += [f"        {line}" for line in self._admission()]
        body = [f"        {line}" for line in self.each]
        foot = [f"        add(make({', '.join(made)}))", "    return out"]
        if self.completer.type.is_type_of is not None and not columns:
            self.names["place"], self.names["is_type_of"] = self.completer.place, self.completer.type.is_type_of
            head.insert(1, "    info = run.info(place)")
        return "\n".join([*head, *body, *foot]), self.names

    def _admission(self) -> list[str]:
        lines = [f"if type({PARENT}) not in known:"]
        if self.completer.is_nullable:
            lines += [f"    if {PARENT} is None:", "        add(None)", "        continue"]
        lines.append(f"    admit({PARENT})")
        if self.completer.type.is_type_of is not None:
            lines.append(f"verdict = is_type_of({PARENT}, info)")
            lines.append("if verdict is not True: refuse(verdict)")
        return lines

    def _inline(self, field: InlineField, number: int, value: str) -> None:
        resolution = field.resolution
        if field.permissions:
            self.names |= {"require": require, f"permissions{number}": field.permissions}
            self.names[f"place{number}"] = field.place
            self.before.append(f"require(permissions{number}, place{number}, run)")
        if isinstance(resolution, Read):
            self.each.append(f"{value} = {resolution.expression}")
        elif isinstance(resolution, Resolve):
            self.names |= {f"function{number}": resolution.function, f"place{number}": field.place}
            self.before.append(f"info{number} = run.info(place{number})")
            self.before.append(f"arguments{number} = run.arguments(place{number})")
            self.each.append(f"{value} = function{number}({PARENT}, info{number}, **arguments{number})")
        else:
            self.names[f"function{number}"] = resolution.function
            if resolution.asks_for_info:
                self.names[f"place{number}"] = field.place
                self.before.append(f"info{number} = run.strawberry_info(place{number})")
            arguments = resolution.arguments.format(info=f"info{number}")
            self.each.append(f"{value} = function{number}({arguments})")
        if isinstance(field.completer, LeafCompleter):
            self.names |= {f"fix{number}": field.completer.leaf.fix, **field.completer.leaf.names}
            self.each += field.completer.statements(value, f"fix{number}")
        else:
            self.names[f"rows{number}"] = field.completer.rows
            self.each.append(f"{value} = rows{number}(({value},), run)[0]")


def struct_of(keys: tuple[str, ...]) -> type[msgspec.Struct]:
    """A struct that is written as an object with these keys. It is never part of a cycle."""
    return _struct(keys) if sum(map(len, keys)) < _MOST_KEPT else _struct.__wrapped__(keys)


@lru_cache(maxsize=1_000)
def _struct(keys: tuple[str, ...]) -> type[msgspec.Struct]:
    names = [f"field{number}" for number in range(len(keys))]
    return msgspec.defstruct("Selected", names, rename=dict(zip(names, keys, strict=True)), gc=False)
