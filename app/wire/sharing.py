"""Events that many subscriptions are shown: executed and encoded once for all who ask the same and may see the same."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any
from weakref import ref

import msgspec
from strawberry.types import ExecutionResult

from app.wire.encoding import encode_result
from app.wire.groups import Member, Seat

EVERYBODY = "everybody"
MOST_ANSWERS = 32
"""Of one event: what more is asked of it is executed for each."""

_BEFORE_DATA = b'{"data":'
_UNSHARED = object()


@dataclass(frozen=True)
class Sharing:
    """Whose subscriptions share: those of whom `visibility(context)` says the same, for the same event object.

    It is asked when a subscription begins, and holds as long as that does: by the coach, member or user that the
    context is of, never by what may change.
    """

    visibility: Callable[[Any], Hashable]


def shared(visibility: Callable[[Any], Hashable] = lambda context: EVERYBODY) -> dict[Any, Any]:
    """The `metadata` of a subscription whose events look the same to everybody of one visibility.

    What a viewer may see at all is decided before an event is yielded. Events are shared by identity, so the source
    yields one object to all; what is selected of it must depend on nothing in the context but the visibility.
    """
    return {Sharing: Sharing(visibility)}


class EncodedResult(ExecutionResult):
    """A result without errors whose answer exists as bytes; whoever asks for `data` gets a copy.

    With a `join`, who was shown this may be told of what follows without waiting for it.
    """

    def __init__(self, encoded: bytes) -> None:
        self.join: Callable[[Seat], Member] | None = None
        self.encoded = encoded
        self.payload = msgspec.Raw(memoryview(encoded)[len(_BEFORE_DATA) : -1])
        self.errors = None
        self.extensions = None

    @property
    def data(self) -> Any:  # type: ignore[override]
        return msgspec.json.decode(self.payload)


class SharedAnswers:
    """The answers of the events that somebody still holds, a few of each: by identity, whatever events compare by."""

    def __init__(self) -> None:
        self._answers: dict[int, tuple[ref[Any], dict[Hashable, Any]]] = {}

    def __len__(self) -> int:
        return len(self._answers)

    async def answer(self, event: Any, key: Hashable, execute: Callable[[], Awaitable[Any]]) -> Any:
        """What `execute` answered to the first who asked with this key, or now.

        An answer with errors is nobody else's: what went wrong for one need not for another.
        """
        answers = self._of(event)
        if answers is None:
            return await execute()
        while isinstance(found := answers.get(key), asyncio.Future):
            await asyncio.wait([found])
        if isinstance(found, bytes):
            return EncodedResult(found)
        if found is _UNSHARED or len(answers) >= MOST_ANSWERS:
            return await execute()
        return await self._made(answers, key, execute)

    def _of(self, event: Any) -> dict[Hashable, Any] | None:
        """None for what cannot be referred to weakly."""
        found = self._answers.get(id(event))
        if found is None:
            try:
                gone = ref(event, lambda _, number=id(event): self._answers.pop(number, None))  # type: ignore[misc]
            except TypeError:
                return None
            found = self._answers[id(event)] = gone, {}
        return found[1]

    async def _made(self, answers: dict[Hashable, Any], key: Hashable, execute: Callable[[], Awaitable[Any]]) -> Any:
        made = answers[key] = asyncio.get_running_loop().create_future()
        try:
            result = await execute()
            answers[key] = _UNSHARED if result.errors else encode_result(result)
            return result if result.errors else EncodedResult(answers[key])
        finally:
            if answers[key] is made:  # cancelled: the next one makes it
                del answers[key]
            made.set_result(None)
