"""Five thousand open views of one coach's week: how soon the last of them knows of a change, beside other ways to send.

All servers hold their views at the same time and take turns; the views are one other process.
"""

import asyncio
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson

from app.platform.bus import Bus
from app.platform.settings import Settings
from app.wire.relay import global_id
from app.wire.sockets.conversation import SocketLimits
from benchmarks.common import Bar, Candidate, Figures, NoFigure, Sheet, comparison, in_turns, run, say, short
from benchmarks.load import CORES, on_core
from benchmarks.nodes import FOLDER, child, line_of, versions_of
from benchmarks.practice import as_owner, make_coaches, make_members, monday_after_next, practice_of_today
from benchmarks.views import kilobytes
from tests.live.stalled import Stalled
from tests.live.views import WATCH
from tests.practice import Person
from tests.server.serving import ServerProcess, Socket, server_processes

VIEWS = 5_000
FIRST = 100  # of them, which memory is counted without
EVENTS = 3  # of a turn, whose median is the figure
ROUNDS = 5
SECONDS_OF_A_WORKLOAD = 30.0
SECONDS_FOR_ALL = 175.0
ONE, TWENTY = 1, 20
SEATS = 100
STALLED_EVENTS, STALLED_ASKS = 10, 40

Telling = Callable[[], Awaitable[float]]

OURS, WRITES, SENDS, YOGA = "Rapport", "uvicorn, plain broadcast", "a loop of send() in C", "Yoga + graphql-ws"
PYTHON_PACKAGES = ("uvicorn", "uvloop", "websockets")
NODE_PACKAGES = ("graphql", "graphql-yoga", "graphql-ws", "ws")
BARS = {
    ONE: (Bar(OURS, WRITES, at_most=1.2), Bar(OURS, SENDS, at_most=1.3), Bar(YOGA, OURS, at_least=3.0)),
    TWENTY: (Bar(OURS, WRITES, at_most=1.2), Bar(OURS, SENDS, at_most=1.3), Bar(YOGA, OURS, at_least=10.0)),
}


@dataclass
class Event:
    """What a change of so many slots looks like to who watches, and the bytes of its message."""

    told: dict[str, Any]
    size: int


class Week:
    """One coach's week, and a way to change it as another server process would: a commit, then a hint on the bus."""

    def __init__(self, coach_id: UUID, since: datetime, owner: "asyncpg.Connection[asyncpg.Record]", bus: Bus) -> None:
        self._coach_id, self.since, self._owner, self._bus = coach_id, since, owner, bus
        self.coach = global_id("Coach", coach_id)
        self.asked = {"coachId": self.coach, "from": since.isoformat(), "to": (since + timedelta(days=7)).isoformat()}
        self.version = 0

    async def changed(self, slots: int) -> float:
        """The coach takes so many slots off, or is back; the moment at which that was committed."""
        since = self.since + timedelta(hours=9)
        until = since + (timedelta(hours=1) if slots == ONE else timedelta(days=2, hours=5))
        async with self._owner.transaction():
            gone = await self._owner.execute("DELETE FROM time_off WHERE coach_id = $1", self._coach_id)
            if gone == "DELETE 0":
                await self._owner.execute(
                    "INSERT INTO time_off (id, coach_id, starts_at, ends_at, kind) VALUES ($1, $2, $3, $4, 'OTHER')",
                    *(uuid4(), self._coach_id, since, until),
                )
            raised = "UPDATE coach_calendars SET version = version + 1 WHERE coach_id = $1 RETURNING version"
            self.version = await self._owner.fetchval(raised, self._coach_id)
        committed = time.monotonic()
        await self._bus.publish(f"calendar:{self._coach_id}", str(self.version))
        return committed


class Client:
    """The process that has all views."""

    def __init__(self, process: Process, folder: Path) -> None:
        self._process, self._folder = process, folder

    async def open(self, name: str, port: int, messages: Sequence[tuple[str, str]]) -> None:
        file = self._folder / "messages.json"
        file.write_bytes(orjson.dumps(messages))
        await self._ask({"open": name, "port": port, "file": str(file)})
        await self._answer("open")

    async def told(self, name: str, version: int, tell: Telling) -> list[float]:
        """Seconds from the moment that `tell` returns until the first, the middle and the last of them know."""
        await self._ask({"watch": name, "version": version})
        await self._answer("ready")
        began = await tell()
        return [moment - began for moment in await self._answer("arrived")]

    async def _ask(self, asked: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps(asked) + b"\n")
        await self._process.stdin.drain()

    async def _answer(self, name: str) -> Any:
        answer = orjson.loads(await line_of(self._process))
        if "failed" in answer:
            raise NoFigure(answer["failed"])
        return answer[name]


class Told:
    """A server that is told over its input what to tell."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.version = 0

    async def tell(self, line: bytes) -> float:
        assert self.process.stdin is not None
        began = time.monotonic()
        self.process.stdin.write(line + b"\n")
        await line_of(self.process)
        return began


@dataclass
class Memory:
    """Kilobytes of a server process with the first views, and with all."""

    pid: int
    first: float = 0.0
    all: float = 0.0
    seconds: float = 0.0


async def measure(settings: Settings) -> list[Sheet]:
    versions = await versions_of(PYTHON_PACKAGES, NODE_PACKAGES)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 4 * VIEWS:
        raise NoFigure(f"{4 * VIEWS:,} files must be open at once, and the limit is {most:,}: ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the processes inherit it
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-fanout-")))
        practice = await stack.enter_async_context(practice_of_today(settings))
        owner = await stack.enter_async_context(as_owner(settings))
        [coach_id] = await make_coaches(settings, 1, SEATS)
        people = await make_members(settings, practice, VIEWS)
        week = Week(coach_id, monday_after_next(practice.clock()), owner, practice.application.bus)
        return await _measured(stack, settings, folder, week, people, versions)


async def _measured(
    stack: AsyncExitStack, settings: Settings, folder: Path, week: Week, people: list[Person], versions: str
) -> list[Sheet]:
    library = compiled(folder)
    with on_core(0):
        [ours] = await stack.enter_async_context(server_processes(settings, 1))
        yoga = Told(await stack.enter_async_context(child("node", FOLDER / "fanout.js")))
        broadcast = Told(await stack.enter_async_context(child(sys.executable, "-m", "benchmarks.broadcast", *library)))
    events = await examples(ours, week, people[0])
    with on_core(1):
        client = Client(await stack.enter_async_context(child(sys.executable, "-m", "benchmarks.watchers")), folder)
    snapshot = events[0].told
    assert yoga.process.stdin is not None
    yoga.process.stdin.write(orjson.dumps({"sdl": SDL, "snapshot": snapshot}) + b"\n")
    ports = {OURS: ours.port, YOGA: int(await line_of(yoga.process)), WRITES: int(await line_of(broadcast.process))}
    memory = {OURS: Memory(ours.pid), YOGA: Memory(yoga.process.pid), WRITES: Memory(broadcast.process.pid)}
    turns = Turns(client, week, yoga, broadcast, {name: each.pid for name, each in memory.items()}, bool(library))
    for name, port in ports.items():
        await opened(client, name, port, memory[name], first_messages(name, week, people))
    return [
        *[await turns.sheet(slots, events[slots]) for slots in (ONE, TWENTY)],
        await turns.stalled_sheet(ours, people[0]),
        memory_sheet(memory, versions),
    ]


def compiled(folder: Path) -> list[str]:
    """The path of the library with the loop in C; none without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        say.print("There is no C compiler, so the loop in C is not measured.", style="red bold")
        return []
    library = folder / "send_all.so"
    source = FOLDER / "send_all.c"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
    return [str(library)]


async def examples(ours: ServerProcess, week: Week, who: Person) -> dict[int, Event]:
    """The messages that a view gets: the snapshot (0), and changes of one slot and of twenty."""
    found: dict[int, Event] = {}
    async with Socket.connected(ours.ws_url, who.token, max_size=None) as ws:
        operation = await ws.subscribe(WATCH, week.asked, id="1")
        for slots in (0, ONE, ONE, TWENTY, TWENTY):
            if slots:
                await week.changed(slots)
            payload = await operation.next()
            size = len(orjson.dumps({"id": "1", "type": "next", "payload": payload}))
            found[slots] = Event(payload["data"]["slotAvailability"], size)
            if slots and len(found[slots].told["slots"]) != slots:
                raise NoFigure(f"{len(found[slots].told['slots'])} slots changed instead of {slots}")
    return found


def first_messages(name: str, week: Week, people: list[Person]) -> list[tuple[str, str]]:
    """What each client says first: of ours each is a member of its own."""
    if name == WRITES:
        return [("", "")] * VIEWS
    start = {"id": "1", "type": "subscribe", "payload": {"query": WATCH, "variables": week.asked}}
    messages = []
    for person in people:
        payload = {"Authorization": f"Bearer {person.token}"} if name == OURS else {}
        init = {"type": "connection_init", "payload": payload}
        messages.append((orjson.dumps(init).decode(), orjson.dumps(start).decode()))
    return messages


async def opened(client: Client, name: str, port: int, memory: Memory, messages: list[tuple[str, str]]) -> None:
    await client.open(name, port, messages[:FIRST])
    await asyncio.sleep(0.3)
    memory.first, began = kilobytes(memory.pid), time.monotonic()
    await client.open(name, port, messages[FIRST:])
    memory.seconds = time.monotonic() - began
    await asyncio.sleep(0.3)
    memory.all = kilobytes(memory.pid)
    say.print(f"{name}: {VIEWS:,} views opened in {memory.seconds:.1f} s", style="dim")


@dataclass
class Turns:
    """The candidates, and what each needs to have its turn."""

    client: Client
    week: Week
    yoga: Told
    broadcast: Told
    pids: dict[str, int]
    has_library: bool
    first: dict[str, list[float]] = field(default_factory=dict)
    busy: dict[str, list[float]] = field(default_factory=dict)

    async def sheet(self, slots: int, event: Event) -> Sheet:
        candidates = {OURS: self._candidate(OURS, OURS, lambda: self._by_ours(slots))}
        candidates[WRITES] = self._candidate(WRITES, WRITES, lambda: self._by_broadcast("write", event))
        if self.has_library:
            candidates[SENDS] = self._candidate(SENDS, WRITES, lambda: self._by_broadcast("send", event))
        candidates[YOGA] = self._candidate(YOGA, YOGA, lambda: self._by_yoga(event))
        title = f"From a change of {slots} slot{'s' * (slots > 1)} to the last of {VIEWS:,} views"
        say.print(title, style="bold")
        for warmed in candidates.values():
            await warmed()
        self.first.clear()
        self.busy.clear()
        figures = await in_turns(candidates, ROUNDS, seconds=SECONDS_OF_A_WORKLOAD)
        table = comparison(title, "ms", figures, WRITES)
        table.columns = [*table.columns, "first view", "processor"]
        for number, row in enumerate(table.rows):
            table.rows[number] = (*row, short(median(self.first[row[0]])), short(median(self.busy[row[0]])))
        table.notes += [f"{bar.said(figures)} {self._by_processor(bar, figures)}" for bar in BARS[slots]]
        said = f"{EVENTS} events in each turn; a message has {event.size:,} bytes."
        table.notes.append(f"{said} {_method()}" if slots == ONE else said)
        return table

    async def stalled_sheet(self, ours: ServerProcess, who: Person) -> Sheet:
        """What one more view, which stops reading, does to the others."""
        table = Sheet(
            f"One more view of {OURS} stops reading", ["", "ms to the last view: median", "min–max", "memory"]
        )
        week = self.week
        quarter = week.since.isoformat(), (week.since + timedelta(days=92)).isoformat()

        async def row(name: str) -> None:
            taken = [arrived[-1] * 1_000 for _ in range(STALLED_EVENTS) for arrived in [await self._told_twenty()]]
            memory = f"{kilobytes(ours.pid) / 1_024:.0f} MB"
            table.rows.append((name, short(median(taken)), f"{short(min(taken))}–{short(max(taken))}", memory))

        await row("before")
        async with Stalled.opened(ours.port, who.token) as stalled:
            await stalled.watch(week.coach, *(week.asked[name] for name in ("from", "to")))
            for number in range(STALLED_ASKS):
                await stalled.ask_for_much(number, week.coach, *quarter)
            await row("while it reads nothing")
            began = time.monotonic()
            await asyncio.sleep(SocketLimits().send_seconds * 1.2)
            end = "was cut off" if await stalled.is_cut_off() else "was not cut off"
        await row("after")
        table.notes.append(
            f"{STALLED_EVENTS} changes of {TWENTY} slots in each row. It asked for {STALLED_ASKS} answers of some "
            "hundred kilobytes before it stopped, which is what its memory is. "
            f"{time.monotonic() - began:.0f} s later it {end}."
        )
        return table

    async def _told_twenty(self) -> list[float]:
        return await self.client.told(OURS, self.week.version + 1, lambda: self.week.changed(TWENTY))

    def _by_processor(self, bar: Bar, figures: Figures) -> str:
        """The same ratio of the server's processor time: it says more where others used the cores too."""
        if not {bar.candidate, bar.baseline} <= figures.rounds.keys():
            return ""
        pairs = zip(self.busy[bar.candidate], self.busy[bar.baseline], strict=True)
        return f"By processor time {median(ours / theirs for ours, theirs in pairs):.2f}."

    def _candidate(self, name: str, views: str, tell: Callable[[], tuple[int, Telling]]) -> Candidate:
        async def turn() -> float:
            last, first, busy = [], [], []
            for _ in range(EVENTS):
                version, telling = tell()
                used = processor_seconds(self.pids[views])
                arrived = await self.client.told(views, version, telling)
                busy.append(processor_seconds(self.pids[views]) - used)
                first.append(arrived[0])
                last.append(arrived[-1])
            self.first.setdefault(name, []).append(median(first) * 1_000)
            self.busy.setdefault(name, []).append(median(busy) * 1_000)
            return median(last) * 1_000

        return turn

    def _by_ours(self, slots: int) -> tuple[int, Telling]:
        return self.week.version + 1, lambda: self.week.changed(slots)

    def _by_yoga(self, event: Event) -> tuple[int, Telling]:
        self.yoga.version += 1
        version = self.yoga.version + 1_000  # greater than the snapshot's
        line = orjson.dumps({"coachId": self.week.coach, "event": {**event.told, "version": version}})
        return version, lambda: self.yoga.tell(line)

    def _by_broadcast(self, way: str, event: Event) -> tuple[int, Telling]:
        self.broadcast.version += 1
        line = f"{way} {event.size} {self.broadcast.version}".encode()
        return self.broadcast.version, lambda: self.broadcast.tell(line)


def processor_seconds(pid: int) -> float:
    """What the first thread of a process, which is a server's loop, has used."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def _method() -> str:
    cores = "one core for the servers, another for the views" if len(CORES) > 1 else "one core for all"
    return (
        f"{OURS}'s time begins when another process has committed the change, and holds the hint over Redis, reading "
        "the calendar, executing and encoding. That of the others begins when they are told over a pipe what to tell: "
        f"they read no database. {YOGA} executes for each view, the plain ways send a frame of the same size that was "
        f"ready. Each view is a websocket of its own, {OURS}'s each of a member of its own. They are one process on "
        f"the same machine, which reads each frame and the version in it, by the same clock; {cores}."
    )


def memory_sheet(memory: dict[str, Memory], versions: str) -> Sheet:
    table = Sheet("Memory of one server process", ["", f"{FIRST} views", f"{VIEWS:,} views", "a view", "opened in"])
    for name, each in memory.items():
        sizes = [f"{size / 1_024:.0f} MB" for size in (each.first, each.all)]
        of_one = f"{(each.all - each.first) / (VIEWS - FIRST):.0f} kB"
        table.rows.append((name, *sizes, of_one, f"{each.seconds:.1f} s"))
    table.notes.append(f"RSS. {versions}.")
    return table


SDL = """
scalar DateTime
scalar Date
scalar LocalTime
enum SlotUnavailableReason {
  COACH_NOT_ACTIVE OUTSIDE_AVAILABILITY NOT_A_SLOT_START IN_THE_PAST TOO_SOON TOO_FAR_AHEAD TIME_OFF
  CONFLICTS_WITH_SESSION FULL MEMBER_BUSY
}
type Slot {
  id: ID!
  startsAt: DateTime!
  endsAt: DateTime!
  capacity: Int!
  booked: Int!
  remaining: Int!
  isBookable: Boolean!
  unavailableReason: SlotUnavailableReason
  localDate: Date!
  localTime: LocalTime!
  utcOffsetMinutes: Int!
}
type SlotAvailability {
  version: Int!
  isSnapshot: Boolean!
  slots: [Slot!]!
  removedSlotIds: [ID!]!
}
type Query { version: Int }
type Subscription { slotAvailability(coachId: ID!, from: DateTime!, to: DateTime!): SlotAvailability! }
"""


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("This benchmark needs Linux: it reads /proc and waits with epoll.")
    run("fanout", measure, seconds=SECONDS_FOR_ALL)
