"""Bookings per second beside pgbench and beside Yoga with node-postgres, and a rush on one slot.

Every candidate does the same correct work for each booking: the actor's settings, the calendar's lock, all reading in a
new statement after it, a seat, session, booking and history, a version step and an outbox row, as the application's
role under row-level security. After every run the rows are counted and the calendars checked.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median

from app.platform.settings import Settings
from benchmarks.booking_callers import InProcess, OverHTTP, Took, token_of, yoga
from benchmarks.booking_history import forget_the_future, make_history
from benchmarks.booking_sql import WARMING_TURNS, Case, Wish, find_pgbench, pgbench, prepare_plan
from benchmarks.common import Bar, Candidate, Figures, NoFigure, Sheet, comparison, in_turns, run, say, short
from benchmarks.practice import as_owner, make_coaches, make_members, monday_after_next, practice_of_today
from tests.practice import Person, Practice
from tests.server.serving import server_processes

CALLERS = (16, 64)
ROUNDS = 5
SECONDS_FOR_ALL = 175.0
SECONDS_OF_A_CASE, SECONDS_OF_THE_RUSH = 28.0, 20.0
HOT_SEATS, COLD_COACHES, COLD_SEATS = 1_000, 200, 10
HOT_BOOKINGS, COLD_BOOKINGS = 320, 640
RUSH_CALLERS, RUSH_SEATS = 500, 5
HOT, COLD = f"one hot slot of {HOT_SEATS:,} places", f"{COLD_COACHES} cold slots of {COLD_SEATS} places"
PGBENCH, PROCESS, HTTP, YOGA = "pgbench", "in process", "over HTTP", "Yoga + node-postgres"
# Of 2, 4, 8 and 16 connections, and of sending with and without waiting between, the best for Node.
CONNECTIONS_OF_NODE = {HOT: 4, COLD: 8}
WAY_OF_NODE = "pipelined"
BARS = {
    HOT: (Bar(PROCESS, PGBENCH, at_least=5.0), Bar(HTTP, YOGA, at_least=2.0)),
    COLD: (Bar(PROCESS, PGBENCH, at_least=1.0), Bar(HTTP, YOGA, at_least=1.0)),
}

_WRITTEN = """
    SELECT (SELECT count(*) FROM sessions WHERE starts_at > now()),
      (SELECT count(*) FROM bookings WHERE starts_at > now() AND status = 'CONFIRMED'),
      (SELECT count(*) FROM session_changes WHERE to_starts_at > now() AND kind = 'BOOKED'),
      (SELECT count(*) FROM outbox WHERE event_type = 'SessionBooked'),
      (SELECT sum(version) FROM coach_calendars),
      (SELECT count(*) FROM bookings WHERE status = 'REJECTED'),
      (SELECT count(*) FROM outbox WHERE event_type = 'BookingRejected')
"""
_NAMES = ("sessions", "bookings", "changes", "events", "version steps", "rejected bookings", "events of rejection")


@dataclass
class House:
    """What the candidates are: this process, a server of ours, and Node's for each kind of case."""

    settings: Settings
    practice: Practice
    ours: OverHTTP
    node: dict[str, OverHTTP]
    pgbench: Path | None
    cpu: dict[tuple[Case, str], list[float]] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: Settings) -> AsyncIterator["House"]:
        async with (
            practice_of_today(settings) as practice,
            server_processes(settings, 1) as [server],
            yoga(settings, CONNECTIONS_OF_NODE[HOT], WAY_OF_NODE) as hot,
            yoga(settings, CONNECTIONS_OF_NODE[COLD], WAY_OF_NODE) as cold,
        ):
            ours = OverHTTP(server.port, server.pid, token_of)
            yield cls(settings, practice, ours, {HOT: hot, COLD: cold}, find_pgbench())

    def candidates(self, case: Case) -> dict[str, Candidate]:
        """Each books all wishes of the case into empty calendars."""
        booking = {
            PROCESS: InProcess(self.practice).book,
            HTTP: self.ours.book,
            YOGA: self.node[case.name].book,
        }
        made: dict[str, Candidate] = {
            name: partial(self.checked, partial(self.timed, name, case, book), len(case.warming) + len(case.wishes))
            for name, book in booking.items()
        }
        if self.pgbench is None:
            return made
        sent = partial(pgbench, self.pgbench, self.settings, case)
        return {PGBENCH: partial(self.checked, sent, len(case.warming) + len(case.wishes)), **made}

    async def timed(self, name: str, case: Case, book: Callable[[Sequence[Wish], int], Awaitable[Took]]) -> float:
        await book(case.warming, case.callers)
        took = await book(case.wishes, case.callers)
        self.cpu.setdefault((case, name), []).append(took.processor / len(case.wishes) * 1_000)
        return len(case.wishes) / took.seconds

    async def checked(self, work: Callable[[], Awaitable[float]], booked: int, rejected: int = 0) -> float:
        """The figure, if all was written that should be and nobody is overbooked; empties the calendars afterwards."""
        try:
            figure = await work()
            async with as_owner(self.settings) as owner:
                written = dict(zip(_NAMES, await owner.fetchrow(_WRITTEN) or (), strict=True))
            wanted = dict(zip(_NAMES, [booked] * 5 + [rejected] * 2, strict=True))
            if written != wanted:
                raise NoFigure(f"it wrote {written} where {wanted} was due")
            await self.practice.nobody_is_overbooked()
        except AssertionError as overbooked:
            raise NoFigure(f"it overbooked: {overbooked}") from None
        finally:
            await forget_the_future(self.settings)
        return figure

    async def rush(self, server: OverHTTP, wishes: Sequence[Wish]) -> float:
        """Milliseconds to the last answer."""

        async def work() -> float:
            return await server.rush(wishes, RUSH_SEATS) * 1_000

        return await self.checked(work, RUSH_SEATS, len(wishes) - RUSH_SEATS)


async def measure(settings: Settings) -> list[Sheet]:
    async with House.opened(settings) as house:
        members = await make_members(settings, house.practice, max(HOT_BOOKINGS, COLD_BOOKINGS, RUSH_CALLERS))
        starts_at = monday_after_next(house.practice.clock(), 10)
        cases, rush = await wishes_of_all(settings, members, starts_at)
        await warm(house, cases)
        sheets = []
        for case in cases:
            await prepare_plan(settings, case)
            say.print(f"{case.name}, {case.callers} callers:", style="dim")
            figures = await in_turns(house.candidates(case), ROUNDS, seconds=SECONDS_OF_A_CASE)
            sheets.append(sheet(house, case, figures))
        say.print(f"{RUSH_CALLERS} callers at once for {RUSH_SEATS} places:", style="dim")
        racing = {YOGA: partial(house.rush, house.node[HOT], rush), HTTP: partial(house.rush, house.ours, rush)}
        figures = await in_turns(racing, ROUNDS, seconds=SECONDS_OF_THE_RUSH)
        sheets.append(rush_sheet(figures, house.pgbench is None))
        return sheets


async def wishes_of_all(
    settings: Settings, members: list[Person], starts_at: datetime
) -> tuple[list[Case], list[Wish]]:
    [popular] = await make_coaches(settings, 1, HOT_SEATS)
    [rushed] = await make_coaches(settings, 1, RUSH_SEATS)
    coaches = await make_coaches(settings, COLD_COACHES, COLD_SEATS)
    await make_history(settings, coaches, members, starts_at)
    hot = [Wish(who, popular, starts_at) for who in members[:HOT_BOOKINGS]]
    cold = [Wish(who, coaches[n % COLD_COACHES], starts_at) for n, who in enumerate(members[:COLD_BOOKINGS])]
    cases = [
        Case(name, wishes, seats, callers)
        for callers in CALLERS
        for name, wishes, seats in ((HOT, hot, HOT_SEATS), (COLD, cold, COLD_SEATS))
    ]
    return cases, [Wish(who, rushed, starts_at) for who in members[:RUSH_CALLERS]]


async def warm(house: House, cases: Sequence[Case]) -> None:
    """A server in Node reaches its rate only after a while."""
    for case in cases[:2]:
        for server in (house.node[case.name], house.ours):
            await server.book(case.wishes, case.callers)
            await forget_the_future(house.settings)


def sheet(house: House, case: Case, figures: Figures) -> Sheet:
    made = comparison(f"Bookings into {case.name}, {case.callers} callers", "bookings a second", figures, PGBENCH)
    used = {name: median(ms) for (of, name), ms in house.cpu.items() if of is case and name in figures.rounds}
    made.notes += [bar.said(figures) for bar in BARS[case.name]]
    made.notes.append(
        "Processor time of the process that was asked, for each booking, without PostgreSQL's: "
        + ", ".join(f"{name} {short(ms)} ms" for name, ms in used.items())
        + "."
    )
    return made


def rush_sheet(figures: Figures, without_pgbench: bool) -> Sheet:
    title = f"{RUSH_CALLERS} callers at once for {RUSH_SEATS} places"
    made = comparison(title, "ms to the last answer", figures, YOGA)
    made.notes += [
        f"After every run: {RUSH_SEATS} are booked, {RUSH_CALLERS - RUSH_SEATS} were told that the slot is full, and"
        " each of these rejections is stored with its event.",
        about(without_pgbench),
    ]
    return made


def about(without_pgbench: bool) -> str:
    """What shares what, and where a candidate does less."""
    if without_pgbench:
        say.print("[red bold]pgbench is missing: on Debian, apt-get install postgresql[/red bold]")
    return (
        f"Each run books {HOT_BOOKINGS} times into the hot slot or {COLD_BOOKINGS} times into cold ones, after"
        f" {WARMING_TURNS} bookings of each caller into another start that are not counted; the tables hold 5,000"
        " past sessions, and what was booked is removed between the runs. After every run, sessions, bookings,"
        " changes, events and version steps were counted, and nobody was overbooked or in two places. All share"
        " the cores: PostgreSQL, pgbench or the server, and the client in Python that asks over HTTP; on a"
        " machine that is busy with other work, pgbench's many processes get a larger share of it than one."
        " pgbench has a connection for each caller, sends BEGIN with the settings, eight statements and COMMIT,"
        f" and decides nothing. Node has {CONNECTIONS_OF_NODE[HOT]} connections for the hot slot and"
        f" {CONNECTIONS_OF_NODE[COLD]} for the cold ones, the best of those tried; it sends the same statements by"
        " name and without waiting for an answer that the next one does not need, takes who asks from a header,"
        " unsigned, and its arithmetic of slots knows UTC alone."
    )


if __name__ == "__main__":
    run("booking", measure, seconds=SECONDS_FOR_ALL)
