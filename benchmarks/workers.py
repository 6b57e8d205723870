"""What a second worker process adds on this machine: requests a second, and how soon all views know of a booking."""

import asyncio
import os
import re
import resource
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count, cycle
from pathlib import Path
from statistics import median
from typing import Any, cast

from app.platform.settings import Settings
from app.wire.relay import global_id
from benchmarks.common import (
    Candidate,
    Figures,
    NoFigure,
    Sheet,
    comparison,
    in_turns,
    run,
    say,
)
from benchmarks.load import CONNECTIONS, answer_of, post
from benchmarks.practice import (
    KeepAlive,
    make_coaches,
    make_members,
    monday_after_next,
    practice_of_today,
    request_body,
)
from benchmarks.views import VIEWS, Week, told
from tests.operations import AVAILABLE, BOOK
from tests.practice import Person
from tests.server.processes import connections_of, descriptors_of, workers_of
from tests.server.serving import ROOT, ServerProcess

ONE, TWO = "1 worker", "2 workers"
WORKERS = {ONE: 1, TWO: 2}
ROUNDS, SECONDS_OF_A_TURN, WARM = 5, 2.0, 0.5
COACHES, SEATS, CALLERS = 200, 20, 2_000
BOOKERS = 50  # who book before open views, in each server
BOOKINGS = 4  # in each round, before open views
START_SECONDS, SECONDS_FOR_A_CASE, SECONDS_FOR_ALL = 60, 30.0, 400.0
BURSTS = ((200, "one after the other"), (200, "at once"), (1_000, "at once"))

Request = tuple[bytes, str]  # a body and an access token


@dataclass
class Serve:
    """`rapport serve --workers N` and the port that its workers share."""

    process: asyncio.subprocess.Process
    port: int

    @classmethod
    @asynccontextmanager
    async def started(cls, settings: Settings, workers: int) -> AsyncIterator["Serve"]:
        environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "DATABASE_URL": settings.database_url,
            "DATABASE_OWNER_URL": settings.database_owner_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "ENCRYPTION_KEYS": settings.encryption_keys,
            "DATA_DIR": str(settings.data_dir),
            "LOG_FORMAT": "json",
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--workers", str(workers)]
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                serve = cls(process, await _port_said(process))
                while len(serve.workers()) < workers:  # noqa: ASYNC110 - other processes cannot set an event here
                    await asyncio.sleep(0.1)
                await answer_of(serve.port, post("{ __typename }"))
                await asyncio.sleep(1)
            yield serve
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()

    def workers(self) -> list[int]:
        """The processes that listen by now."""
        if self.process.returncode is not None:
            raise NoFigure("the server has ended")
        workers = workers_of(self.process.pid) or [self.process.pid]
        # An event loop is made when the application is imported and about to listen.
        return [pid for pid in workers if "anon_inode:[eventpoll]" in descriptors_of(pid)]


async def _port_said(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None
    port = 0
    async for line in process.stdout:
        if found := re.search(rb"http://127\.0\.0\.1:(\d+)", line):
            port = int(found[1])
        if line.startswith(b"Ctrl-C"):
            return port
    raise NoFigure("the server did not start")


def connections(serve: Serve) -> list[int]:
    """How many clients each worker serves."""
    return [connections_of(pid, serve.port) for pid in serve.workers()]


# Requests a second


async def rate(serve: Serve, requests: Iterator[Request], check: bytes = b'{"data":') -> float:
    """Answers a second at so many connections, each with one request outstanding."""
    answered = 0

    async def ask(client: KeepAlive) -> None:
        nonlocal answered
        for body, token in requests:
            answer = await client.post(body, token)
            if check not in answer:
                raise NoFigure(answer[:300].decode())
            answered += 1

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(KeepAlive.opened(serve.port)) for _ in range(CONNECTIONS)]
        running = [asyncio.ensure_future(ask(client)) for client in clients]
        try:
            await _while_running(running, WARM)
            before, began = answered, time.perf_counter()
            await _while_running(running, SECONDS_OF_A_TURN)
            if answered == before:
                raise NoFigure(f"no answer within {SECONDS_OF_A_TURN:.0f} s")
            return (answered - before) / (time.perf_counter() - began)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _while_running(running: Sequence["asyncio.Future[None]"], seconds: float) -> None:
    ended, _ = await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in ended:
        task.result()
        raise NoFigure("there was nothing more to ask")


async def measure(settings: Settings) -> list[Sheet]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the servers inherit it
    async with AsyncExitStack() as stack:
        practice = await stack.enter_async_context(practice_of_today(settings))
        since = monday_after_next(practice.clock())
        coaches = [global_id("Coach", coach) for coach in await make_coaches(settings, COACHES, SEATS)]
        people = await make_members(settings, practice, CALLERS + 2 * BOOKERS)
        watched = await make_coaches(settings, len(WORKERS), SEATS * 10)
        serves = {name: await stack.enter_async_context(Serve.started(settings, n)) for name, n in WORKERS.items()}

        def month(coach: str, minutes: int = 0) -> bytes:
            start = since + timedelta(minutes=minutes)
            until = start + timedelta(days=28)
            return request_body(AVAILABLE, coachId=coach, to=until.isoformat(), **{"from": start.isoformat()})

        token = people[0].token
        cases: dict[str, Callable[[], Iterator[Request]]] = {
            "`{ __typename }`": lambda: cycle([(request_body("{ __typename }"), token)]),
            "the same 28 days of slots": lambda: cycle([(month(coaches[0]), token)]),
        }
        ranges = ((month(coach, n), token) for n, coach in zip(count(1), cycle(coaches), strict=False))
        cases["28 days of slots, each another range"] = lambda: ranges
        bookings = _bookings(people[:CALLERS], coaches, since.isoformat())
        cases["bookings at 200 coaches"] = lambda: bookings
        found: dict[str, Figures] = {}
        for name, requests in cases.items():
            say.print(f"{name}:", style="dim")
            check = b'"__typename":"Booking"' if name.startswith("bookings") else b'{"data":'
            candidates: dict[str, Candidate] = {
                each: partial(lambda serve, make, check: rate(serve, make(), check), serve, requests, check)
                for each, serve in serves.items()
            }
            found[name] = await in_turns(candidates, ROUNDS, seconds=SECONDS_FOR_A_CASE)
        spread = await spreads(serves[TWO])
        viewers, bookers = people[:VIEWS], people[-2 * BOOKERS :]
        weeks = {
            name: Week(coach, viewers + bookers[number * BOOKERS :][:BOOKERS], since)
            for number, (name, coach) in enumerate(zip(WORKERS, watched, strict=True))
        }
        heard = await fan_out(serves, weeks)
    return [*rates(found), heard, spread]


def _bookings(people: Sequence[Person], coaches: Sequence[str], monday: str) -> Iterator[Request]:
    """Each member at each hour of the week once, every time with another coach."""
    hours = [
        (datetime.fromisoformat(monday) + timedelta(days=day, hours=hour)).isoformat()
        for day in range(28)
        for hour in (9, 10, 11, 13, 14, 15, 16, 17)
    ]
    for turn, start in enumerate(hours):
        for number, who in enumerate(people):
            wanted = {"coachId": coaches[(number + turn) % len(coaches)], "startsAt": start}
            yield request_body(BOOK, input=wanted), who.token


# How connections and views are spread, and how soon views hear


async def spreads(serve: Serve) -> Sheet:
    sheet = Sheet("Connections that each of two workers takes", ["", "first", "second"])
    for number, how in BURSTS:
        await asyncio.sleep(1)  # for those of before to be gone
        before = connections(serve)
        async with AsyncExitStack() as stack:
            if how == "at once":
                opened = [KeepAlive.opened(serve.port) for _ in range(number)]
                await asyncio.gather(*(stack.enter_async_context(each) for each in opened))
            else:
                for _ in range(number):
                    await stack.enter_async_context(KeepAlive.opened(serve.port))
            await asyncio.sleep(0.5)
            taken = [now - then for now, then in zip(connections(serve), before, strict=True)]
        sheet.rows.append((f"{number:,}, {how}", *map(str, taken)))
    sheet.notes.append("Both listen at one socket: the one that is idle first takes the next connection.")
    return sheet


async def fan_out(serves: Mapping[str, Serve], weeks: Mapping[str, Week]) -> Sheet:
    """From sending a booking to the last view, of views that are open at both servers all the time."""
    async with AsyncExitStack() as stack:
        candidates: dict[str, Candidate] = {}
        split: list[int] = []
        for name, serve in serves.items():
            before = connections(serve)
            port = cast(ServerProcess, serve)  # of which a week of views wants to know the port only
            watchers = await stack.enter_async_context(weeks[name].watched(port, VIEWS))
            split = [now - then for now, then in zip(connections(serve), before, strict=True)]
            client = await stack.enter_async_context(KeepAlive.opened(serve.port))

            async def hear(week: Week = weeks[name], client: KeepAlive = client, watchers: Any = watchers) -> float:
                taken = []
                for _ in range(BOOKINGS):
                    sent, _, arrived = await told(week, client, watchers)
                    taken.append(arrived[-1] - sent)
                return median(taken) * 1_000

            candidates[name] = hear
        figures = await in_turns(candidates, ROUNDS, seconds=SECONDS_FOR_A_CASE)
    sheet = comparison(f"From sending a booking to the last of {VIEWS:,} views", "ms", figures, ONE)
    sheet.notes.append(
        f"Medians of {BOOKINGS} bookings in each round; of the views at {TWO} each worker had about"
        f" {' and '.join(f'{number:,}' for number in split)}. The worker that books tells the other over Redis."
    )
    return sheet


def rates(found: Mapping[str, Figures]) -> list[Sheet]:
    sheets = [comparison(f"{name[0].upper()}{name[1:]}", "answers a second", each, ONE) for name, each in found.items()]
    sheets[-1].notes.append(
        f"`rapport serve --workers 1` and `--workers 2`, {CONNECTIONS} connections with one request outstanding on"
        f" each, turns of {SECONDS_OF_A_TURN:.0f} s. The clients (this one process, in Python) and PostgreSQL share the"
        " cores with the workers: with a core for each, a second worker adds more than here."
    )
    return sheets


if __name__ == "__main__":
    if not Path("/proc/self/fd").exists():
        sys.exit("This benchmark looks into /proc, which this system does not have.")
    run("workers", measure, seconds=SECONDS_FOR_ALL)
