"""Requests for slots from many connections: answers that are kept, beside constant bytes; and such that are not."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
from sqlalchemy import make_url

from app.actor import Actor
from app.platform.settings import Settings
from benchmarks.common import Bar, Candidate, Figures, NoFigure, Sheet, comparison, in_turns, short
from benchmarks.load import CONNECTIONS, CORES, Rate, Server, answer_of, on_core, post
from benchmarks.nodes import FOLDER, child, line_of, versions_of
from benchmarks.slots_served import environment
from tests.operations import AVAILABLE
from tests.practice import Person
from tests.server.serving import server_processes

ROUNDS = 5
SECONDS_OF_A_TURN = 1.2
WARM, WARM_NODE = 0.2, 2.0
SECONDS_OF_A_TABLE = 32.0

KEPT, KEPT_OF_MANY = "kept, one asker", "kept, 32 members"
CONSTANT, INSIDE = "constant, same server program", "constant, within our application"
OURS, YOGA, YOGA_JIT = "Rapport", "Yoga + node-postgres", "Yoga + jit + node-postgres"
NODE = {YOGA: "yoga", YOGA_JIT: "jit"}
BARS = (Bar(KEPT, CONSTANT, at_least=0.5), Bar(KEPT, INSIDE, at_least=0.5))

# What the peers serve: the part of our schema that is asked for.
SDL = """
    scalar DateTime
    scalar Date
    scalar LocalTime
    scalar TimeZone
    type Slot {
      id: ID! startsAt: DateTime! endsAt: DateTime! capacity: Int! booked: Int! remaining: Int! isBookable: Boolean!
      unavailableReason: String localDate: Date! localTime: LocalTime! utcOffsetMinutes: Int!
    }
    type SlotCalendar { version: Int! timeZone: TimeZone! slots: [Slot!]! }
    type Query {
      availableSlots(coachId: ID!, from: DateTime!, to: DateTime!, timeZone: TimeZone, includeUnavailable: Boolean):
        SlotCalendar!
    }
"""


class Load:
    """One question of four weeks, asked by one member or by many."""

    def __init__(self, settings: Settings, variables: dict[str, Any], who: Person, others: list[Person]) -> None:
        self.settings, self.variables, self.who, self.others = settings, variables, who, others

    def request(self, who: Person, **changes: Any) -> bytes:
        return post(AVAILABLE, self.variables | changes, who.token)

    def ranges(self, since: Any) -> Iterator[bytes]:
        """The same slots, asked for from another second each time: nobody has answered that before."""
        for seconds in range(1, 10_000_000):
            yield self.request(self.who, **{"from": (since - timedelta(milliseconds=seconds)).isoformat()})

    async def measured(self, since: Any) -> list[Sheet]:
        async with AsyncExitStack() as stack:
            with on_core(0):
                [process] = await stack.enter_async_context(server_processes(self.settings, 1))
                ours = Server(process.port, process.pid)
                answer = await answer_of(ours.port, self.request(self.who))
                servers = await self._started(stack, answer)
            with on_core(1):
                return [
                    await self._beside_constants(servers | {KEPT: ours, KEPT_OF_MANY: ours}, answer),
                    await self._beside_node(servers | {OURS: ours}, since, answer),
                ]

    async def _started(self, stack: AsyncExitStack, answer: bytes) -> dict[str, Server]:
        file = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-benchmark-"))) / "answer.json"
        file.write_bytes(answer)
        programs: dict[str, tuple[str | Path, ...]] = {
            CONSTANT: (sys.executable, "-m", "benchmarks.slots_served", "alone", file, *environment(self.settings)),
            INSIDE: (sys.executable, "-m", "benchmarks.slots_served", "inside", file, *environment(self.settings)),
            **{name: ("node", FOLDER / "slots.js", kind) for name, kind in NODE.items()},
        }
        processes = {name: await stack.enter_async_context(child(*program)) for name, program in programs.items()}
        told = {"sdl": SDL, "database": database(self.settings), "actors": {self.who.token: of_actor(self.who.actor)}}
        for name in NODE:
            stdin = processes[name].stdin
            assert stdin is not None
            stdin.write(orjson.dumps(told) + b"\n")
        return {name: Server(int(await line_of(process)), process.pid) for name, process in processes.items()}

    async def _beside_constants(self, servers: dict[str, Server], answer: bytes) -> Sheet:
        one = self.request(self.who)
        constant = one.replace(b"POST /graphql", b"POST /constant", 1)
        asked: dict[str, bytes | Iterator[bytes]] = {
            KEPT: one,
            KEPT_OF_MANY: cycle([self.request(other) for other in self.others]),
            CONSTANT: constant,
            INSIDE: constant,
        }
        title = f"A kept answer of {len(answer):,} bytes over HTTP"
        sheet = await _table(title, {name: servers[name] for name in asked}, asked, len(answer), CONSTANT)
        sheet.notes.append(
            "Kept: the versions and rights of all who ask at one moment are read from PostgreSQL in one statement, "
            f"their bytes are ready. The {len(self.others)} members differ, so each needs a part of that statement; "
            "the one asker's requests share it."
        )
        return sheet

    async def _beside_node(self, servers: dict[str, Server], since: Any, answer: bytes) -> Sheet:
        one = self.request(self.who)
        for name in NODE:
            theirs = await answer_of(servers[name].port, one)
            if orjson.loads(theirs) != orjson.loads(answer):
                raise NoFigure(f"{name} answers something else: {theirs[:300]!r}")
            await Rate.measured(servers[name], one, len(theirs), warm=0, seconds=WARM_NODE)
        ranges = self.ranges(since)
        asked: dict[str, bytes | Iterator[bytes]] = dict.fromkeys((OURS, *NODE), ranges)
        title = "The same, read and computed for each request"
        sheet = await _table(title, {name: servers[name] for name in asked}, asked, len(answer), YOGA)
        versions = await versions_of((), ("graphql", "graphql-yoga", "@envelop/graphql-jit", "pg"))
        sheet.notes.append(
            "Each request asks for another range, so nothing is kept of it. Both sides call the same SQL function by a "
            "prepared statement in one round trip, and do the same arithmetic in integers. " + versions + "."
        )
        return sheet


async def _table(
    title: str, servers: dict[str, Server], asked: dict[str, bytes | Iterator[bytes]], length: int, baseline: str
) -> Sheet:
    rates: dict[str, list[Rate]] = {name: [] for name in asked}

    def turn_of(name: str) -> Candidate:
        async def per_second() -> float:
            rate = await Rate.measured(servers[name], asked[name], length, warm=WARM, seconds=SECONDS_OF_A_TURN)
            rates[name].append(rate)
            return rate.per_second

        return per_second

    figures = await in_turns({name: turn_of(name) for name in asked}, ROUNDS, seconds=SECONDS_OF_A_TABLE)
    sheet = comparison(title, "requests a second", figures, baseline)
    sheet.columns = [*sheet.columns, "a processor second"]
    of_processor = {
        name: Figures({name: [rate.per_processor_second for rate in reached]}).median(name)
        for name, reached in rates.items()
        if reached
    }
    sheet.rows = [(*row, short(of_processor[row[0]])) for row in sheet.rows]
    sheet.notes += [
        f"{bar.said(figures)} By processor time {of_processor[bar.candidate] / of_processor[bar.baseline]:.2f}."
        for bar in BARS
        if {bar.candidate, bar.baseline} <= of_processor.keys()
    ]
    cores = "one core for the servers, another for the client" if len(CORES) > 1 else "no core of their own"
    sheet.notes.append(
        f"One process of each server, {CONNECTIONS} connections with one request outstanding on each, {cores}, and "
        "PostgreSQL on both. `a processor second`: answers in a second of the server's own processor time."
    )
    return sheet


def of_actor(actor: Actor) -> list[str]:
    settings = actor.settings()
    return [settings[name] for name in ("app.role", "app.user_id", "app.coach_id", "app.member_id")]


def database(settings: Settings) -> dict[str, Any]:
    """What node-postgres is told to find the same database as the same role."""
    url = make_url(settings.database_url)
    host, port = url.query.get("host", url.host), int(str(url.query.get("port") or url.port or 5432))
    found = {"host": host, "port": port, "database": url.database, "user": url.username, "password": url.password}
    return {name: unquote(value) if isinstance(value, str) else value for name, value in found.items() if value}
