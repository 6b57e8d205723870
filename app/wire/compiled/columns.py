"""Columns: fields whose values are had for all parents together, and completed together."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from strawberry.execution import optimized_is_awaitable

from app.wire.compiled.completers import Completer, discard
from app.wire.compiled.leaves import General
from app.wire.compiled.resolving import Call, Load, Read, Resolve, require
from app.wire.compiled.run import FieldPlace, Run, side_by_side
from app.wire.permissions import FieldPermission


class Column(ABC):
    """A field of a selection that is resolved for all of its parents in one call."""

    def __init__(self, place: FieldPlace, permissions: list[FieldPermission], completer: Completer) -> None:
        self.place, self.permissions, self.completer = place, permissions, completer

    @abstractmethod
    async def completed(self, parents: Sequence[Any], run: Run) -> Sequence[Any]:
        """The completed value of each parent."""

    async def _complete(self, values: Sequence[Any], run: Run) -> Any:
        done = self.completer.rows(values, run)
        return done if self.completer.is_sync else await done

    def _require(self, run: Run) -> None:
        if self.permissions:
            require(self.permissions, self.place, run)


class RelationColumn(Column):
    """One call of the batch function with the different keys; what belongs to a key is completed once."""

    def __init__(self, place: FieldPlace, load: Load, permissions: list[FieldPermission], completer: Completer) -> None:
        super().__init__(place, permissions, completer)
        self.relation = load.relation
        self._key_of = attrgetter(load.relation.key)

    async def completed(self, parents: Sequence[Any], run: Run) -> Sequence[Any]:
        self._require(run)
        numbers: dict[Any, int] = {}
        places = [numbers.setdefault(key, len(numbers)) for key in self._keys(parents, run)]
        values = await self._values(list(numbers), run)
        done = await self._complete(values, run)
        return [done[place] for place in places]

    def _keys(self, parents: Sequence[Any], run: Run) -> Iterable[Any]:
        keys = map(self._key_of, parents)
        shown_to, context = self.relation.shown_to, run.context
        if shown_to is None:
            return keys
        pairs = zip(keys, parents, strict=True)
        return (key if key is not None and shown_to(context, parent) else None for key, parent in pairs)

    async def _values(self, keys: list[Any], run: Run) -> list[Any]:
        """What belongs to each of the different keys; null belongs to null."""
        asked = [key for key in keys if key is not None]
        found = list(await run.context.load_column(self.relation.batch, asked)) if asked else []
        if len(found) != len(asked):
            raise General("the batch function answered another number of values")
        if len(asked) < len(keys):
            found.insert(keys.index(None), None)
        return found


class AttributeColumn(Column):
    """Objects that the parents hold, with columns below them."""

    def __init__(
        self, place: FieldPlace, resolution: Read | Call, permissions: list[FieldPermission], completer: Completer
    ) -> None:
        super().__init__(place, permissions, completer)
        names: dict[str, Any] = {"function": resolution.function} if isinstance(resolution, Call) else {}
        expression = (
            resolution.expression
            if isinstance(resolution, Read)
            else f"function({resolution.arguments.format(info='info')})"
        )
        self._values = eval(f"lambda parents, info: [{expression} for parent in parents]", names)
        self._asks_for_info = isinstance(resolution, Call) and resolution.asks_for_info

    async def completed(self, parents: Sequence[Any], run: Run) -> Sequence[Any]:
        self._require(run)
        info = run.strawberry_info(self.place) if self._asks_for_info else None
        return await self._complete(self._values(parents, info), run)  # type: ignore[no-any-return]


class ResolverColumn(Column):
    """Whatever the schema's resolver does, for each parent; what it awaits is awaited together."""

    def __init__(self, place: FieldPlace, resolution: Resolve, completer: Completer) -> None:
        super().__init__(place, [], completer)
        self.resolve = resolution.function

    async def completed(self, parents: Sequence[Any], run: Run) -> Sequence[Any]:
        info, resolve, arguments = run.info(self.place), self.resolve, run.arguments(self.place)
        values: list[Any] = []
        try:
            values.extend(resolve(parent, info, **arguments) for parent in parents)
        except BaseException:
            for value in values:
                discard(value)
            raise
        waiting = [at for at, value in enumerate(values) if optimized_is_awaitable(value)]
        if waiting:
            for at, value in zip(waiting, await side_by_side([values[at] for at in waiting]), strict=True):
                values[at] = value
        return await self._complete(values, run)  # type: ignore[no-any-return]
