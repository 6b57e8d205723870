"""Bookings per second: in process, over HTTP, and beside pgbench sending the same statements to the same server."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import event, make_url, text

from app.actor import STRANGER
from app.platform import migrations
from app.platform.embedded.programs import installed_programs
from app.platform.ids import new_id
from app.platform.settings import Settings
from app.services import scheduling as scheduling_service
from app.services.scheduling.calendars import _RAISE_VERSION, _READ, REACH
from app.services.scheduling.seats import _TAKE
from app.wire.relay import global_id
from benchmarks.common import (
    SECONDS_FOR_ROUNDS,
    Candidate,
    Figures,
    NoFigure,
    Sheet,
    comparison,
    cpu_seconds,
    in_turns,
    run,
    say,
    short,
)
from benchmarks.practice import (
    KeepAlive,
    as_owner,
    make_coaches,
    make_members,
    monday_after_next,
    practice_of_today,
    request_body,
)
from tests.operations import BOOK
from tests.practice import Person, Practice
from tests.server.serving import ServerProcess, server_processes

CALLERS = 16
ROUNDS = 5
HOT_SEATS, HOT_BOOKINGS = 1_000, 15 * CALLERS
COLD_COACHES, COLD_SEATS, COLD_BOOKINGS = 200, 10, 20 * CALLERS
WARMING_TURNS = 7  # of each caller, not counted: PostgreSQL settles on a statement's plan with the sixth
PGBENCH, PROCESS, HTTP = "pgbench", "in process", "over HTTP"

_EMPTY = "TRUNCATE calendar_slots, calendar_seats, sessions, session_changes, bookings"
_PLAN = """
    CREATE TABLE benchmark_bookings (place int PRIMARY KEY, settings text[], coach_id uuid, member_id uuid,
      user_id uuid, starts_at timestamptz, ends_at timestamptz, capacity int, since timestamptz, until timestamptz,
      session_id uuid, booking_id uuid, change_id uuid)
"""
_SETTINGS = tuple(STRANGER.settings())
# The look-up of what to book rides in the statement that sets the actor's settings: the round trips are the same ones.
SCRIPT = f"""\
\\set turn :turn + 1
\\set place :turn * {CALLERS} + :client_id
BEGIN;
SELECT {", ".join(f"set_config('{name}', settings[{n}], true)" for n, name in enumerate(_SETTINGS, start=1))},
  coach_id, member_id, user_id, starts_at, ends_at, capacity, since, until, session_id, booking_id, change_id
  FROM benchmark_bookings WHERE place = :place \\gset
SELECT open_calendar(:coach_id, true, false);
{_READ.text.strip()};
SELECT * FROM members WHERE id = :member_id;
{_TAKE.text.strip().replace(":blocked_until", ":ends_at")} \\gset
INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,
  seat_no, version) VALUES (:session_id, :coach_id, :member_id, 'Member Of Ours', :starts_at, :ends_at, 'REGULAR',
  'INDIVIDUAL', 'SCHEDULED', :starts_at, :seat_no, 1) RETURNING created_at, updated_at;
INSERT INTO bookings (id, coach_id, member_id, session_id, starts_at, status)
  VALUES (:booking_id, :coach_id, :member_id, :session_id, :starts_at, 'CONFIRMED') RETURNING created_at;
INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind, to_starts_at, changed_by_user_id)
  VALUES (:change_id, :session_id, :coach_id, :member_id, 1, 'BOOKED', :starts_at, :user_id) RETURNING changed_at;
{_RAISE_VERSION.text.strip()};
COMMIT;
"""
STATEMENTS = 9  # of the script, besides BEGIN and COMMIT


@dataclass(frozen=True)
class Wish:
    who: Person
    coach_id: UUID
    starts_at: datetime


@dataclass
class Case:
    """What is booked, and how many places the start has; `warming` is booked before, a week later in the calendar."""

    name: str
    wishes: list[Wish]
    seats: int
    cpu: dict[str, list[float]] = field(default_factory=dict)

    @property
    def warming(self) -> list[Wish]:
        later = timedelta(days=7)
        return [replace(wish, starts_at=wish.starts_at + later) for wish in self.wishes[: WARMING_TURNS * CALLERS]]


class Callers:
    """Sixteen who book one wish after another until all are booked."""

    def __init__(self, practice: Practice, server: ServerProcess, clients: Sequence[KeepAlive]) -> None:
        self.practice, self.server, self.clients = practice, server, clients

    async def in_process(self, wishes: Sequence[Wish]) -> tuple[float, float]:
        """Seconds, and seconds of this process's processor."""
        left = iter(wishes)
        used = time.process_time()
        took = await _together([partial(self._book, left) for _ in range(CALLERS)])
        return took, time.process_time() - used

    async def _book(self, left: Iterator[Wish]) -> None:
        for wish in left:
            form = scheduling_service.BookSession.read(coach_id=wish.coach_id, starts_at=wish.starts_at)
            context = self.practice.context(wish.who)
            await context.write(scheduling_service.book_session, form=form, now=context.now())

    async def over_http(self, wishes: Sequence[Wish]) -> tuple[float, float]:
        """Seconds, and seconds of the server's processor."""
        left = iter([(wish.who.token, _body(wish)) for wish in wishes])
        used = cpu_seconds(self.server.pid)
        took = await _together([partial(self._post, client, left) for client in self.clients])
        return took, cpu_seconds(self.server.pid) - used

    async def _post(self, client: KeepAlive, left: Iterator[tuple[str, bytes]]) -> None:
        for token, body in left:
            answer = await client.post(body, token)
            if b'"__typename":"Booking"' not in answer:
                raise NoFigure(answer[:300].decode())


async def _together(work: Sequence[Callable[[], Awaitable[None]]]) -> float:
    began = time.perf_counter()
    running = [asyncio.ensure_future(each()) for each in work]
    try:
        await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return time.perf_counter() - began


def _body(wish: Wish) -> bytes:
    return request_body(BOOK, input={"coachId": global_id("Coach", wish.coach_id), "startsAt": wish.starts_at})


# pgbench


def find_pgbench() -> Path | None:
    """The one beside the embedded server's programs, or the newest of Debian's."""
    found = [installed_programs().postgres.with_name("pgbench")]
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), key=lambda path: float(path.parts[-3]))
    return next((path for path in (*found, *reversed(versions)) if path.is_file()), None)


async def prepare_plan(settings: Settings, case: Case) -> None:
    rows = [
        (
            place,
            list(wish.who.actor.settings().values()),
            wish.coach_id,
            wish.who.actor.member_id,
            wish.who.actor.user_id,
            wish.starts_at,
            wish.starts_at + timedelta(hours=1),
            case.seats,
            wish.starts_at - REACH,
            wish.starts_at + REACH,
            *(new_id() for _ in range(3)),
        )
        for place, wish in enumerate([*case.warming, *case.wishes])
    ]
    async with as_owner(settings) as owner:
        await owner.execute("DROP TABLE IF EXISTS benchmark_bookings")
        await owner.execute(_PLAN)
        await owner.copy_records_to_table("benchmark_bookings", records=rows)
        await owner.execute(f'GRANT SELECT ON benchmark_bookings TO "{migrations.application_role(settings)}"')
        await owner.execute("ANALYZE benchmark_bookings")


def _environment(settings: Settings) -> dict[str, str]:
    """How libpq finds the database as the application's role."""
    url = make_url(settings.database_url)
    named = {
        "PGHOST": url.query.get("host") or url.host,
        "PGPORT": url.query.get("port") or url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PATH": os.environ.get("PATH"),
    }
    role = migrations.assumed_role(settings)
    options = "-c jit=off" + (f" -c role={role}" if role else "")
    return {"PGOPTIONS": options, **{name: str(value) for name, value in named.items() if value}}


async def pgbench(program: Path, script: Path, settings: Settings, case: Case) -> float:
    """Bookings per second, read from its log of each transaction: those of the first turns are left out."""
    turns = (len(case.warming) + len(case.wishes)) // CALLERS
    command = [str(program), "--no-vacuum", "--protocol=prepared", f"--client={CALLERS}", "--jobs=1", "--log"]
    command += [f"--transactions={turns}", "--define=turn=-1", f"--file={script}", f"--log-prefix={script}"]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=_environment(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise NoFigure(f"pgbench ended with {process.returncode}: {complained.decode()[-500:]}")
    log = script.with_name(f"{script.name}.{process.pid}")
    return rate_of_log(log.read_text(encoding="ascii"), len(case.wishes))


def rate_of_log(log: str, counted: int) -> float:
    """From the end of the first caller's warming to the last booking; a line is client, turn, µs, script, s and µs."""
    ended: dict[int, list[float]] = {}
    for line in log.splitlines():
        client, _, _, _, seconds, microseconds = map(int, line.split()[:6])
        ended.setdefault(client, []).append(seconds + microseconds / 1e6)
    began = min(turns[WARMING_TURNS - 1] for turns in ended.values())
    return counted / (max(turns[-1] for turns in ended.values()) - began)


# All of it


async def measure(settings: Settings) -> list[Sheet]:
    settings = settings.model_copy(update={"database_pool_size": CALLERS})
    program = find_pgbench()
    async with AsyncExitStack() as stack:
        practice = await stack.enter_async_context(practice_of_today(settings))
        members = await make_members(settings, practice, max(HOT_BOOKINGS, COLD_BOOKINGS))
        hot, cold = await cases(settings, members, monday_after_next(practice.clock(), 10))
        servers = server_processes(settings, 1, DATABASE_POOL_SIZE=str(CALLERS))
        [server] = await stack.enter_async_context(servers)
        clients = [await stack.enter_async_context(KeepAlive.opened(server.port)) for _ in range(CALLERS)]
        callers = Callers(practice, server, clients)
        sent = await statements_of_one(practice, cold.wishes[0])
        found = []
        for case in (hot, cold):
            await prepare_plan(settings, case)
            candidates = make_candidates(callers, settings, case, program)
            say.print(f"{case.name}:", style="dim")
            found.append(await in_turns(candidates, ROUNDS, seconds=SECONDS_FOR_ROUNDS / 2))
    return sheets([hot, cold], found, sent, program)


async def cases(settings: Settings, members: list[Person], starts_at: datetime) -> tuple[Case, Case]:
    [popular] = await make_coaches(settings, 1, HOT_SEATS)
    coaches = await make_coaches(settings, COLD_COACHES, COLD_SEATS)
    async with as_owner(settings) as owner:
        await owner.execute("ANALYZE")
    hot = [Wish(who, popular, starts_at) for who in members[:HOT_BOOKINGS]]
    cold = [Wish(who, coaches[n % COLD_COACHES], starts_at) for n, who in enumerate(members[:COLD_BOOKINGS])]
    return (
        Case(f"one hot slot of {HOT_SEATS:,} places", hot, HOT_SEATS),
        Case(f"{COLD_COACHES} cold slots of {COLD_SEATS} places", cold, COLD_SEATS),
    )


async def statements_of_one(practice: Practice, wish: Wish) -> int:
    """How many statements the application sends for a booking, besides BEGIN and COMMIT."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    engine = practice.house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    form = scheduling_service.BookSession.read(coach_id=wish.coach_id, starts_at=wish.starts_at)
    context = practice.context(wish.who)
    await context.write(scheduling_service.book_session, form=form, now=context.now())
    event.remove(engine, "before_cursor_execute", note)
    await empty(practice)
    return len(sent)


async def empty(practice: Practice) -> None:
    async with practice.owner.begin() as connection:
        await connection.execute(text(_EMPTY))


def make_candidates(callers: Callers, settings: Settings, case: Case, program: Path | None) -> dict[str, Candidate]:
    """Each books all wishes of the case into empty calendars; afterwards the calendars are checked and emptied."""

    async def checked(booking: Awaitable[float]) -> float:
        practice = callers.practice
        try:
            rate = await booking
            wished, made = len(case.warming) + len(case.wishes), await practice.count("sessions")
            if made != wished:
                raise NoFigure(f"it made {made} sessions of {wished}")
            await practice.nobody_is_overbooked()
        except AssertionError as overbooked:
            raise NoFigure(f"it overbooked: {overbooked}") from None
        finally:
            await empty(practice)
        return rate

    async def timed(name: str, book: Callable[[Sequence[Wish]], Awaitable[tuple[float, float]]]) -> float:
        await book(case.warming)
        took, cpu = await book(case.wishes)
        case.cpu.setdefault(name, []).append(cpu / len(case.wishes) * 1_000)
        return len(case.wishes) / took

    candidates: dict[str, Candidate] = {
        PROCESS: lambda: checked(timed(PROCESS, callers.in_process)),
        HTTP: lambda: checked(timed(HTTP, callers.over_http)),
    }
    if program is None:
        return candidates
    script = settings.data_dir / "booking.sql"
    script.write_text(SCRIPT, encoding="utf-8")
    return {PGBENCH: lambda: checked(pgbench(program, script, settings, case)), **candidates}


def sheets(cases: Sequence[Case], found: Sequence[Figures], sent: int, program: Path | None) -> list[Sheet]:
    made = []
    for case, figures in zip(cases, found, strict=True):
        title = f"Bookings into {case.name}, {CALLERS} callers"
        sheet = comparison(title, "bookings a second", figures, PGBENCH)
        rounds = max(map(len, figures.rounds.values()), default=0)
        used = {name: median(ms) for name, ms in case.cpu.items() if name in figures.rounds and median(ms) > 0}
        sheet.notes += [
            f"Rounds: {rounds}, of {len(case.wishes)} bookings each, after {WARMING_TURNS} of each caller into another "
            "start that are not counted. After every run above the calendars were checked: nobody is overbooked or "
            "in two places, and every seat has its session.",
            "Processor time of the Python process for each booking: "
            + ", ".join(f"{name} {short(ms)} ms" for name, ms in used.items())
            + ".",
        ]
        made.append(sheet)
    made[-1].notes.append(_about_pgbench(sent, program))
    return made


def _about_pgbench(sent: int, program: Path | None) -> str:
    if program is None:
        say.print("[red bold]pgbench is missing: the application has nothing to stand beside.[/red bold]")
        say.print("[red bold]On Debian: apt-get install postgresql[/red bold]")
        return "pgbench was not there to compare with (on Debian it is in the package `postgresql`)."
    same = "the same" if sent == STATEMENTS else f"where the application sends {sent} (the script wants a look)"
    return (
        f"pgbench sends {STATEMENTS} statements between BEGIN and COMMIT, {same}: as the application's role, under "
        "row-level security, prepared, through the same socket. It decides nothing and reads no result but the seat."
    )


if __name__ == "__main__":
    run("booking", measure)
