"""Those who book: in this process, or over HTTP at a server of ours or at one in Node."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import orjson

from app.api import schema
from app.platform.settings import Settings
from app.services import scheduling as scheduling_service
from app.wire.relay import global_id
from benchmarks.booking_sql import Wish, environment, statements
from benchmarks.common import NoFigure, cpu_seconds
from benchmarks.nodes import FOLDER, child, line_of
from benchmarks.practice import KeepAlive, request_body
from tests.operations import BOOK
from tests.practice import Person, Practice

CONFIRMED, FULL = b'"__typename":"Booking"', b'"__typename":"SlotFull"'


@dataclass(frozen=True)
class Took:
    """Seconds, and seconds of the processor of the process that was asked."""

    seconds: float
    processor: float


class InProcess:
    def __init__(self, practice: Practice) -> None:
        self.practice = practice

    async def book(self, wishes: Sequence[Wish], callers: int) -> Took:
        """Each caller books one wish after another until all are booked."""
        left = iter(wishes)
        used = time.process_time()
        seconds = await together([partial(self._book, left) for _ in range(callers)])
        return Took(seconds, time.process_time() - used)

    async def _book(self, left: Iterator[Wish]) -> None:
        for wish in left:
            form = scheduling_service.BookSession.read(coach_id=wish.coach_id, starts_at=wish.starts_at)
            await self.practice.context(wish.who).book(form)


@dataclass(frozen=True)
class OverHTTP:
    """A server at a port; `name_of` makes of somebody what stands in the header that says who asks."""

    port: int
    pid: int
    name_of: Callable[[Person], str]

    async def book(self, wishes: Sequence[Wish], callers: int) -> Took:
        left = iter([(self.name_of(wish.who), body_of(wish)) for wish in wishes])
        async with self.connected(callers) as clients:
            used = cpu_seconds(self.pid)
            seconds = await together([partial(self._book, client, left) for client in clients])
            return Took(seconds, cpu_seconds(self.pid) - used)

    async def _book(self, client: KeepAlive, left: Iterator[tuple[str, bytes]]) -> None:
        for name, body in left:
            answer = await client.post(body, name)
            if CONFIRMED not in answer:
                raise NoFigure(answer[:300].decode())

    async def rush(self, wishes: Sequence[Wish], seats: int) -> float:
        """Seconds until the last of all who ask at once is answered; so many are confirmed, the others refused."""
        async with self.connected(len(wishes)) as clients:
            asked = [
                partial(client.post, body_of(wish), self.name_of(wish.who))
                for client, wish in zip(clients, wishes, strict=True)
            ]
            answers: list[bytes] = []

            async def ask(post: Callable[[], Awaitable[bytes]]) -> None:
                answers.append(await post())

            seconds = await together([partial(ask, post) for post in asked])
        told = [sum(mark in answer for answer in answers) for mark in (CONFIRMED, FULL)]
        if told != [seats, len(wishes) - seats]:
            raise NoFigure(f"{told[0]} were confirmed and {told[1]} told that it is full")
        return seconds

    @asynccontextmanager
    async def connected(self, count: int) -> AsyncIterator[list[KeepAlive]]:
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(KeepAlive.opened(self.port)) for _ in range(count)]


async def together(work: Sequence[Callable[[], Awaitable[None]]]) -> float:
    began = time.perf_counter()
    running = [asyncio.ensure_future(each()) for each in work]
    try:
        await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return time.perf_counter() - began


def body_of(wish: Wish) -> bytes:
    return request_body(BOOK, input={"coachId": global_id("Coach", wish.coach_id), "startsAt": wish.starts_at})


def token_of(who: Person) -> str:
    return who.token


def unsigned_name_of(who: Person) -> str:
    return f"{who.actor.user_id}.{who.actor.member_id}"


@asynccontextmanager
async def yoga(settings: Settings, connections: int, way: str) -> AsyncIterator[OverHTTP]:
    """A server in Node on the same database, with so many connections to it."""
    told = orjson.dumps({"sdl": schema.as_str(), "statements": statements()}) + b"\n"
    async with child("node", FOLDER / "booking.js", str(connections), way, **environment(settings)) as process:
        assert process.stdin is not None
        process.stdin.write(told)
        yield OverHTTP(int(await line_of(process)), process.pid, unsigned_name_of)
