"""Events that many subscriptions are shown: executed and encoded once for all who ask the same and may see the same."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from strawberry.types import ExecutionResult

from app.wire.encoding import encode_result

EVERYBODY = "everybody"
_BEFORE_DATA = b'{"data":'


@dataclass(frozen=True)
class Sharing:
    """Whose subscriptions share: those of whom `visibility(context)` says the same, for the same event object."""

    visibility: Callable[[Any], Hashable]


def shared(visibility: Callable[[Any], Hashable] = lambda context: EVERYBODY) -> dict[Any, Any]:
    """The `metadata` of a subscription whose events look the same to everybody of one visibility.

    What a viewer may see at all is decided before an event is yielded. Events are shared by identity, so the source
    yields one object to all; what is selected of it must depend on nothing in the context but the visibility.
    """
    return {Sharing: Sharing(visibility)}


class EncodedResult(ExecutionResult):
    """A result without errors whose answer exists as bytes; whoever asks for `data` gets a copy."""

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded
        self.payload = msgspec.Raw(memoryview(encoded)[len(_BEFORE_DATA) : -1])
        self.errors = None
        self.extensions = None

    @property
    def data(self) -> Any:  # type: ignore[override]
        return msgspec.json.decode(self.payload)


class SharedAnswers:
    """The answers of the events that somebody still holds."""

    def __init__(self) -> None:
        self._answers: WeakKeyDictionary[Any, dict[Hashable, bytes | asyncio.Future[None]]] = WeakKeyDictionary()

    async def answer(self, event: Any, key: Hashable, execute: Callable[[], Awaitable[Any]]) -> Any:
        """What `execute` answered to the first who asked with this key, or now.

        An answer with errors is nobody else's: what went wrong for one need not for another.
        """
        try:
            answers = self._answers.setdefault(event, {})
        except TypeError:  # neither a class of our making nor one that can be referred to weakly
            return await execute()
        found = answers.get(key)
        if isinstance(found, asyncio.Future):
            await asyncio.wait([found])
            found = answers.get(key)
        if isinstance(found, bytes):
            return EncodedResult(found)
        if found is not None:
            return await execute()
        return await self._made(answers, key, execute)

    async def _made(self, answers: dict[Hashable, Any], key: Hashable, execute: Callable[[], Awaitable[Any]]) -> Any:
        made = answers[key] = asyncio.get_running_loop().create_future()
        try:
            result = await execute()
            if result.errors:
                return result
            answers[key] = encode_result(result)
            return EncodedResult(answers[key])
        finally:
            if answers[key] is made:
                del answers[key]
            made.set_result(None)
