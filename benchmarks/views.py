"""A thousand open views of one coach's week: what each costs the server in memory, and how soon all know of a booking.

The server is a process of its own; this process is all of the clients. They are lean ones (asyncio protocols that parse
frames and JSON and answer pings, no websocket library), but what they cost is inside the times below.
"""

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import cast
from uuid import UUID

import orjson

from app.platform.settings import Settings
from app.wire.relay import global_id
from benchmarks.common import NoFigure, Sheet, cpu_seconds, run, say, short
from benchmarks.practice import (
    KeepAlive,
    make_coaches,
    make_members,
    monday_after_next,
    practice_of_today,
    request_body,
)
from tests.live.views import WATCH
from tests.operations import BOOK
from tests.practice import Person
from tests.server.serving import PROTOCOL, ServerProcess, server_processes

VIEWS = 1_000
ROUNDS = 2  # a fresh server in each
BOOKINGS = 6  # in each round
SECONDS_TO_OPEN = 60.0
SECONDS_TO_HEAR = 30.0
AT_ONCE = 16  # views that are being opened at one moment
SEATS = 100

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Watcher(asyncio.Protocol):
    """One open view; `heard` has the moment at which each version of the calendar had arrived and was decoded."""

    def __init__(self, first_messages: tuple[bytes, bytes]) -> None:
        self._init, self._subscribe = first_messages
        self._received = bytearray()
        self._is_upgraded = False
        self.shown: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.heard: dict[int, float] = {}
        self.on_news: asyncio.Event | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so
        self.transport.write(
            b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
            b"sec-websocket-protocol: " + PROTOCOL.encode() + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_upgraded and not self._upgrade():
            return
        while (frame := self._next_frame()) is not None:
            self._take(*frame)

    def connection_lost(self, problem: Exception | None) -> None:
        self._fail("the server hung up")

    def _upgrade(self) -> bool:
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self._fail(head[:100].decode())
            return False
        self._received, self._is_upgraded = rest, True
        self.transport.write(masked(_TEXT, self._init))
        return True

    def _next_frame(self) -> tuple[int, bytes] | None:
        """A whole frame out of what has arrived, or None until there is one."""
        received = self._received
        if len(received) < 2:
            return None
        length, begin = received[1], 2
        if length >= 126:
            begin = 4 if length == 126 else 10
            length = int.from_bytes(received[2:begin], "big")
        if len(received) < max(begin, begin + length):
            return None
        opcode, payload = received[0], bytes(received[begin : begin + length])
        del received[: begin + length]
        return opcode, payload

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == 0x80 | _PING:
            self.transport.write(masked(_PONG, payload))
        elif opcode != 0x80 | _TEXT:
            self._fail(f"a frame of kind {opcode:#x}: {payload[:100]!r}")
        else:
            self._read(orjson.loads(payload))

    def _read(self, message: dict[str, object]) -> None:
        match message:
            case {"type": "connection_ack"}:
                self.transport.write(masked(_TEXT, self._subscribe))
            case {"type": "next", "payload": {"data": {"slotAvailability": {"version": int(version)}}}}:
                self.heard[version] = time.perf_counter()
                if not self.shown.done():
                    self.shown.set_result(version)
                if self.on_news is not None:
                    self.on_news.set()
            case {"type": "ping"}:
                self.transport.write(masked(_TEXT, b'{"type":"pong"}'))
            case _:
                self._fail(str(message)[:300])

    def _fail(self, reason: str) -> None:
        if not self.shown.done():
            self.shown.set_exception(NoFigure(f"a view was not opened: {reason}"))
        if self.on_news is not None:
            self.on_news.set()


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame; the mask is all zeros, which the protocol allows and leaves the payload as it is."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + bytes(4) + payload


@dataclass
class Round:
    """What one server process did: kilobytes with no view and with all, and seconds for each booking."""

    kilobytes_without: float
    kilobytes_with: float
    seconds_to_open: float
    from_sending: list[list[float]] = field(default_factory=list)  # of each booking, every receiver, in order
    answered: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)

    @property
    def kilobytes_each(self) -> float:
        return (self.kilobytes_with - self.kilobytes_without) / VIEWS


class Week:
    """One coach's week, and the people who look at it and book in it."""

    def __init__(self, coach_id: UUID, people: list[Person], since: datetime) -> None:
        self.coach = global_id("Coach", coach_id)
        self.since = since
        self.people, self.bookers = people[:VIEWS], iter(people[VIEWS:])

    def first_messages(self, who: Person) -> tuple[bytes, bytes]:
        until = self.since + timedelta(days=7)
        asked = {"coachId": self.coach, "from": self.since.isoformat(), "to": until.isoformat()}
        init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {who.token}"}}
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": WATCH, "variables": asked}}
        return orjson.dumps(init), orjson.dumps(subscribe)

    @asynccontextmanager
    async def watched(self, server: ServerProcess, count: int) -> AsyncIterator[list[Watcher]]:
        """So many views, each with its snapshot."""
        loop = asyncio.get_running_loop()
        turn = asyncio.Semaphore(AT_ONCE)
        watchers: list[Watcher] = []

        async def open_one(who: Person) -> None:
            async with turn:
                messages = self.first_messages(who)
                _, watcher = await loop.create_connection(lambda: Watcher(messages), "127.0.0.1", server.port)
                watchers.append(watcher)
                await watcher.shown

        try:
            async with asyncio.timeout(SECONDS_TO_OPEN):
                await asyncio.gather(*(open_one(who) for who in islice(self.people, count)))
            yield watchers
        finally:
            for watcher in watchers:
                watcher.transport.close()

    async def book(self, client: KeepAlive) -> tuple[float, float]:
        """The moments before the booking was sent and after its answer had come."""
        who = next(self.bookers)
        starts_at = self.since + timedelta(hours=9)
        body = request_body(BOOK, input={"coachId": self.coach, "startsAt": starts_at})
        sent = time.perf_counter()
        answer = await client.post(body, who.token)
        answered = time.perf_counter()
        if b'"__typename":"Booking"' not in answer:
            raise NoFigure(answer[:300].decode())
        return sent, answered


async def measure(settings: Settings) -> list[Sheet]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the server inherits it
    rounds: list[Round] = []
    async with practice_of_today(settings) as practice:
        [coach_id] = await make_coaches(settings, 1, SEATS)
        people = await make_members(settings, practice, VIEWS + ROUNDS * (BOOKINGS + 1))
        week = Week(coach_id, people, monday_after_next(practice.clock()))
        began = time.monotonic()
        for number in range(1, ROUNDS + 1):
            if number > 1 and time.monotonic() - began > 35:
                break
            async with server_processes(settings, 1) as [server]:
                rounds.append(await one_round(server, week))
            say.print(f"round {number}: {short(rounds[-1].kilobytes_each)} kB a view", style="dim")
    return sheets(rounds)


async def one_round(server: ServerProcess, week: Week) -> Round:
    async with week.watched(server, 2 * AT_ONCE) as few, KeepAlive.opened(server.port) as client:
        await told(week, client, few)  # what the first of all loads and caches is not counted
    await asyncio.sleep(0.5)
    without, began = kilobytes(server.pid), time.monotonic()
    async with week.watched(server, VIEWS) as watchers, KeepAlive.opened(server.port) as client:
        opened = time.monotonic() - began
        await asyncio.sleep(0.5)
        found = Round(without, kilobytes(server.pid), opened)
        for _ in range(BOOKINGS):
            used = cpu_seconds(server.pid)
            sent, answered, arrived = await told(week, client, watchers)
            found.server_cpu.append(cpu_seconds(server.pid) - used)
            found.answered.append(answered - sent)
            found.from_sending.append([moment - sent for moment in arrived])
    return found


async def told(week: Week, client: KeepAlive, watchers: list[Watcher]) -> tuple[float, float, list[float]]:
    """Books, waits until every view has heard of it, and says when it was sent, answered, and heard of by each."""
    before = max(max(watcher.heard) for watcher in watchers)
    news = asyncio.Event()
    for watcher in watchers:
        watcher.on_news = news
    sent, answered = await week.book(client)
    async with asyncio.timeout(SECONDS_TO_HEAR):
        for watcher in watchers:
            while max(watcher.heard) <= before:
                if watcher.transport.is_closing():
                    raise NoFigure("a view was closed")
                news.clear()
                await news.wait()
    return sent, answered, sorted(watcher.heard[max(watcher.heard)] for watcher in watchers)


def kilobytes(pid: int) -> float:
    """The memory of a process that is in use and not on disk (RSS)."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        listed = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True, timeout=5)
        return float(listed.stdout)
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
    return float(line.split()[1])


def sheets(rounds: list[Round]) -> list[Sheet]:
    memory = Sheet("Memory of one server process", ["", "no view", f"{VIEWS:,} views", "a view", "opened in"])
    for number, each in enumerate(rounds, start=1):
        sizes = [f"{size / 1_024:.0f} MB" for size in (each.kilobytes_without, each.kilobytes_with)]
        each_view = f"{each.kilobytes_each:.0f} kB"
        memory.rows.append((f"server {number}", *sizes, each_view, f"{each.seconds_to_open:.1f} s"))
    memory.notes.append(
        f"RSS. Each view is a websocket of its own, of a member of its own, with a week of 56 slots and all their "
        f"fields; {2 * AT_ONCE} views were opened and closed before the first reading."
    )
    return [memory, _soon(rounds)]


def _soon(rounds: list[Round]) -> Sheet:
    sheet = Sheet(
        f"From a booking to {VIEWS:,} open views", ["ms", "median", "min–max", "median of each server process"]
    )
    bookings = [
        (arrived, answered)
        for each in rounds
        for arrived, answered in zip(each.from_sending, each.answered, strict=True)
    ]
    per_round = [len(each.answered) for each in rounds]
    measured = {
        "from sending it to the last view": [arrived[-1] for arrived, _ in bookings],
        "from its answer to the last view": [arrived[-1] - answered for arrived, answered in bookings],
        "from sending it to the middle view": [median(arrived) for arrived, _ in bookings],
        "from sending it to the first view": [arrived[0] for arrived, _ in bookings],
        "from sending it to its answer": [answered for _, answered in bookings],
        "the server's processor time": [cpu for each in rounds for cpu in each.server_cpu],
    }
    for name, seconds in measured.items():
        values = [second * 1_000 for second in seconds]
        parts = iter(values)
        medians = " ".join(short(median(islice(parts, count))) for count in per_round)
        sheet.rows.append((name, short(median(values)), f"{short(min(values))}–{short(max(values))}", medians))
    sheet.notes.append(
        f"{len(bookings)} bookings over HTTP, one after the other, each changes one slot. The commit lies between "
        "sending and answer. The clients are one other process (lean asyncio protocols that parse each frame and its "
        "JSON); their cost is in the times, and on two cores they, the server and PostgreSQL share them."
    )
    return sheet


if __name__ == "__main__":
    if os.name != "posix":
        sys.exit("This benchmark needs a POSIX system.")
    run("views", measure)
