"""A deadline that costs nothing unless there is something to wait for."""

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class within(Generic[Result]):
    """Awaits something; raises `TimeoutError` if it takes longer than so many seconds.

    A timer and its context cost 6 µs, and nearly always what is awaited is there already: so it takes its first step
    without a timer, and gets one only if that step did not finish it.
    """

    __slots__ = ("_seconds", "_work")

    def __init__(self, seconds: float, work: Awaitable[Result]) -> None:
        self._seconds, self._work = seconds, work

    def __await__(self) -> Generator[Any, Any, Result]:
        steps = self._work.__await__()
        try:
            waits_for = next(steps)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        return (yield from _under_a_timer(self._seconds, _Rest(steps, waits_for)).__await__())


class _Rest(Generic[Result]):
    """What remains of something awaited that has taken its first step."""

    __slots__ = ("_steps", "_waits_for")

    def __init__(self, steps: Generator[Any, Any, Result], waits_for: object) -> None:
        self._steps, self._waits_for = steps, waits_for

    def __await__(self) -> Generator[Any, Any, Result]:
        waits_for = self._waits_for
        while True:
            try:
                try:
                    answer = yield waits_for
                except BaseException as thrown:  # a cancellation, which belongs where the waiting is done
                    waits_for = self._steps.throw(thrown)
                else:
                    waits_for = self._steps.send(answer)
            except StopIteration as finished:
                return finished.value  # type: ignore[no-any-return]


async def _under_a_timer(seconds: float, rest: Awaitable[Result]) -> Result:
    async with asyncio.timeout(seconds):
        return await rest
