"""Completing values that have no fields of their own to select: leaves, lists, and members of interfaces and unions."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from types import CodeType
from typing import Any, Protocol

from graphql import GraphQLAbstractType, Undefined, default_type_resolver
from graphql.pyutils.is_iterable import is_collection

from app.wire.compiled.leaves import General, Leaf
from app.wire.compiled.run import FieldPlace, Run, side_by_side

Rows = Callable[[Sequence[Any], Run], Any]


class Completer(Protocol):
    """Completes a column of values, nulls among them where the type allows it; raises for what is not right."""

    @property
    def is_sync(self) -> bool:
        """Whether `rows` answers the list itself and not an awaitable."""

    @property
    def rows(self) -> Rows:
        """The completed values in their order. Made at its first use, for many are never used."""


class LeafCompleter:
    """Scalars and enumerations; inside an object they are completed in its own function."""

    is_sync = True

    def __init__(self, leaf: Leaf, is_nullable: bool) -> None:
        self.leaf, self.is_nullable = leaf, is_nullable

    def statements(self, value: str, fix: str) -> list[str]:
        """Statements that complete the variable `value`."""
        fine = self.leaf.is_fine.format(value=value)
        if self.leaf.then:
            repair = "elif {value} is not None:" if self.is_nullable else "else:"
            return [
                f"if {fine}: {value} = {self.leaf.then.format(value=value)}",
                f"{repair.format(value=value)} {value} = {fix}({value})",
            ]
        unless_null = f" and {value} is not None" if self.is_nullable else ""
        return [f"if not ({fine}){unless_null}: {value} = {fix}({value})"]

    @cached_property
    def rows(self) -> Rows:
        lines = ["def rows(values, run):", "    out = []", "    add = out.append", "    for value in values:"]
        lines += [f"        {statement}" for statement in self.statements("value", "fix")]
        lines += ["        add(value)", "    return out"]
        return defined("\n".join(lines), {"fix": self.leaf.fix, **self.leaf.names})


class ListCompleter:
    """A list of lists, of leaves, of objects: its items are one column."""

    def __init__(self, item: Completer, is_nullable: bool) -> None:
        self.item, self.is_nullable = item, is_nullable
        self.is_sync = item.is_sync

    @cached_property
    def rows(self) -> Rows:
        items = self.item.rows

        def rows(values: Sequence[Any], run: Run) -> list[Any]:
            lists = self._lists(values)
            return [None if each is None else items(each, run) for each in lists]

        async def rows_by_column(values: Sequence[Any], run: Run) -> list[Any]:
            lists = self._lists(values)
            done = iter(await items([item for each in lists if each is not None for item in each], run))
            return [None if each is None else list(islice(done, len(each))) for each in lists]

        return rows if self.is_sync else rows_by_column

    def _lists(self, values: Sequence[Any]) -> list[Any]:
        return [value if type(value) is list else self._listed(value) for value in values]

    def _listed(self, value: Any) -> Any:
        if value is None and self.is_nullable:
            return None
        # What can be read only once must be left to whoever completes it in the end.
        if not is_collection(value) or hasattr(value, "__aiter__") or isinstance(value, Exception):
            raise General("not a list")
        return list(value)


class AbstractCompleter:
    """Interfaces and unions: the values of each type are a column of their own."""

    def __init__(
        self,
        type_: GraphQLAbstractType,
        place: FieldPlace,
        members: Mapping[str, Completer],
        is_nullable: bool,
    ) -> None:
        self.type, self.place, self.members, self.is_nullable = type_, place, members, is_nullable
        self.resolve_type: Callable[..., Any] = type_.resolve_type or default_type_resolver
        self.is_sync = all(member.is_sync for member in members.values())

    @property
    def rows(self) -> Rows:
        return self._rows if self.is_sync else self._rows_by_column

    def _rows(self, values: Sequence[Any], run: Run) -> list[Any]:
        columns = self._columns(values, run)
        done = [self.members[name].rows([values[at] for at in places], run) for name, places in columns.items()]
        return _put_back(len(values), columns.values(), done)

    async def _rows_by_column(self, values: Sequence[Any], run: Run) -> list[Any]:
        columns = self._columns(values, run)
        work = [self._member_rows(name, [values[at] for at in places], run) for name, places in columns.items()]
        return _put_back(len(values), columns.values(), await side_by_side(work))

    async def _member_rows(self, name: str, values: Sequence[Any], run: Run) -> Any:
        member = self.members[name]
        done = member.rows(values, run)
        return done if member.is_sync else await done

    def _columns(self, values: Sequence[Any], run: Run) -> dict[str, list[int]]:
        """The places of the values of each type; nulls have none."""
        resolve_type, type_, members = self.resolve_type, self.type, self.members
        info = run.info(self.place)
        columns: dict[str, list[int]] = {}
        for at, value in enumerate(values):
            if value is None and self.is_nullable:
                continue
            if value is None or value is Undefined or isinstance(value, Exception):
                raise General
            name = resolve_type(value, info, type_)
            if type(name) is not str or name not in members:
                discard(name)
                raise General("not a member of the type")
            columns.setdefault(name, []).append(at)
        return columns


def _put_back(size: int, columns: Collection[list[int]], done: Sequence[Sequence[Any]]) -> list[Any]:
    out: list[Any] = [None] * size
    for places, rows in zip(columns, done, strict=True):
        for at, row in zip(places, rows, strict=True):
            out[at] = row
    return out


def defined(source: str, names: dict[str, Any]) -> Rows:
    """The function `rows` of some source, which holds nothing that a client wrote."""
    exec(_code_of(source), names)
    rows: Rows = names["rows"]
    return rows


@lru_cache(maxsize=500)
def _code_of(source: str) -> CodeType:
    """Selections of the same fields have the same source, under whatever names clients ask for them."""
    return compile(source, "<compiled selection>", "exec")


def discard(value: Any) -> None:
    """A coroutine that nobody will await is closed, or Python would warn."""
    if hasattr(value, "close") and hasattr(value, "__await__"):
        value.close()
