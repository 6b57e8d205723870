"""Subscriptions that have joined: an event is executed and encoded once for all of a group, and written to all at once.

A subscription joins after it was sent a result. From then on it has no task and no generator: its source keeps the
`Member`, and tells the group what happened.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import structlog

from app.wire.encoding import encode_result

log = structlog.get_logger(__name__)

WRITTEN_AT_ONCE = 500
"""Members that are written to before the loop has another turn: some 8 ms."""
ANSWERED_AT_ONCE = 5
"""Members for whom an answer of their own is made before the loop has another turn."""


class Seat(Protocol):
    """Where a member is shown results."""

    def take(self, payload: bytes) -> bool:
        """Writes a result without waiting; False while what was written before has not been taken."""
        ...

    def end(self, payload: bytes) -> None:
        """This result is the last one."""
        ...


class Group:
    """Subscriptions that ask the same, and of whom the same may be shown.

    `answer(event, context)` executes for one of them, or finds what was executed for another; `failure(error)` is the
    result that says what went wrong.
    """

    __slots__ = ("__weakref__", "_answer", "failure")

    def __init__(self, answer: Callable[[Any, Any], Awaitable[Any]], failure: Callable[[Exception], Any]) -> None:
        self._answer, self.failure = answer, failure

    async def tell(self, event: Any, shown: Any, members: Sequence["Member"]) -> None:
        """Each that may be told either takes it, and was then `shown` it, or `is_behind` until it has drained."""
        try:
            result = await self._answer(event, members[0].context)
        except Exception:  # it may be this member's alone
            result = None
        if result is None or result.errors:
            await self._tell_each(event, shown, members)
            return
        payload = encode_result(result)
        for start in range(0, len(members), WRITTEN_AT_ONCE):
            if start:
                await asyncio.sleep(0)
            for member in members[start : start + WRITTEN_AT_ONCE]:
                if not member.may_be_told(shown):
                    continue
                if member.seat.take(payload):
                    member.shown = shown
                else:
                    member.is_behind = True

    async def _tell_each(self, event: Any, shown: Any, members: Sequence["Member"]) -> None:
        """What goes wrong for one need not for another."""
        for number, member in enumerate(members):
            if number and number % ANSWERED_AT_ONCE == 0:
                await asyncio.sleep(0)
            if not member.may_be_told(shown):
                continue
            try:
                result = await self._answer(event, member.context)
            except Exception as error:
                member.fail(error)
                continue
            if member.seat.take(encode_result(result)):
                member.shown = shown
            else:
                member.is_behind = True


class Member:
    """One joined subscription; a source that can be joined has a kind of its own."""

    __slots__ = ("context", "group", "is_behind", "seat", "shown")

    def __init__(self, group: Group, context: Any, seat: Seat, shown: Any) -> None:
        self.group, self.context, self.seat = group, context, seat
        self.shown = shown
        self.is_behind = False

    def may_be_told(self, shown: Any) -> bool:
        """Asked before each write. Whoever may not has failed, or has left."""
        raise NotImplementedError

    def drained(self) -> None:
        """Everything that was written has been taken."""
        raise NotImplementedError

    def leave(self) -> None:
        """Nothing more is to be told; may be said twice."""
        raise NotImplementedError

    def fail(self, error: Exception) -> None:
        """Ends the subscription as an exception of its source does."""
        self.leave()
        self.seat.end(encode_result(self.group.failure(error)))


class Joinable(Protocol):
    """A source of events, waited for one by one until somebody joins."""

    def join(self, group: Group, context: Any, seat: Seat) -> Member:
        """What was shown last is known; nothing is told twice and nothing is left out."""
        ...
