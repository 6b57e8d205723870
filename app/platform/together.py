"""Asking together: what several want at one moment is done at once for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST_IN_ONE: Final = 50


class Together(Generic[Question, Answer]):
    """Asks `work` for as many as wait, one group after the other; a group that fails is asked one by one.

    `work` answers in the order of the questions. Who does not wait any more takes nothing from the others.
    """

    def __init__(self, work: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_on())
        return await answer

    async def _ask_on(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MOST_IN_ONE], self._waiting[MOST_IN_ONE:]
            await self._answer([(question, answer) for question, answer in group if not answer.done()])

    async def _answer(self, group: Sequence[tuple[Question, "asyncio.Future[Answer]"]]) -> None:
        if not group:
            return
        try:
            answers = await self._work([question for question, _ in group])
        except Exception as failure:
            if len(group) > 1:
                log.warning("what was asked together is asked one by one", cause=repr(failure))
                for alone in group:
                    await self._answer([alone])
            elif not (waits := group[0][1]).done():
                waits.set_exception(failure)
        except BaseException:
            for _, waits in group:
                waits.cancel()
            raise
        else:
            for (_, waits), answer in zip(group, answers, strict=True):
                if not waits.done():
                    waits.set_result(answer)
