"""Holding a place and booking by the hold beside plain booking; and a page of a coach's year of sessions."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from statistics import median
from uuid import UUID

from sqlalchemy import event

from app.platform.settings import Settings
from app.services import scheduling as scheduling_service
from app.wire.relay import global_id
from benchmarks.booking_callers import together
from benchmarks.booking_history import forget_the_future, make_history
from benchmarks.booking_sql import Wish
from benchmarks.common import Figures, NoFigure, Sheet, comparison, in_turns, run, say, short
from benchmarks.practice import as_owner, make_coaches, make_members, monday_after_next, practice_of_today
from tests.practice import Person, Practice

CALLERS = 16
ROUNDS = 5
COACHES, SEATS, BOOKINGS = 200, 10, 640
BOOK, HOLD, BOTH = "booking", "holding", "holding, then booking by the hold"
YEAR, PAGE, PAGES = 2_000, 50, 20

SESSIONS = """
query ($coachId: ID!, $first: Int) { sessions(first: $first, filter: { coachId: $coachId }) { edges { node {
  id startsAt endsAt kind format status version note memberName cancelledAt cancellationReason isLateCancellation
  freeCancellationUntil completedAt noShowAt createdAt updatedAt coach { id displayName averageRating ratingCount }
  member { id firstName lastName fullName } rating { stars comment createdAt updatedAt changeableUntil }
} } pageInfo { hasNextPage endCursor } } }
"""
_YEAR = """
    CREATE TEMP TABLE made AS
      SELECT gen_random_uuid() AS id, n, ($2::uuid[])[1 + n % array_length($2::uuid[], 1)] AS member_id,
        date_trunc('hour', now()) - interval '365 days' + n * interval '4 hours' AS starts_at
      FROM generate_series(1, $1::int) n
"""
_ROWS = (
    "INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)"
    " SELECT '{coach}', starts_at, starts_at + interval '1 hour', starts_at + interval '1 hour', 1 FROM made",
    "INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)"
    " SELECT '{coach}', starts_at, 1, starts_at + interval '1 hour', 1 FROM made",
    "INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,"
    " seat_no, version, completed_at) SELECT id, '{coach}', member_id, 'Member Of Ours', starts_at,"
    " starts_at + interval '1 hour', 'REGULAR', 'INDIVIDUAL', 'COMPLETED', starts_at, 1, 2, starts_at FROM made",
    "INSERT INTO session_ratings (session_id, coach_id, member_id, stars, comment, created_at, updated_at)"
    " SELECT id, '{coach}', member_id, 1 + n % 5, 'It helped.', starts_at, starts_at FROM made WHERE n % 2 = 0",
    "DROP TABLE made",
)


@dataclass
class Callers:
    """Sixteen in this process, who take one wish after another."""

    settings: Settings
    practice: Practice

    def candidate(
        self, wishes: Sequence[Wish], step: Callable[[Wish], Awaitable[None]]
    ) -> Callable[[], Awaitable[float]]:
        async def measured() -> float:
            left = iter(wishes)
            seconds = await together([partial(self._take, left, step) for _ in range(CALLERS)])
            try:
                await self.practice.nobody_is_overbooked()
            except AssertionError as overbooked:
                raise NoFigure(f"it overbooked: {overbooked}") from None
            finally:
                await forget_the_future(self.settings)
            return len(wishes) / seconds

        return measured

    @staticmethod
    async def _take(left: Iterator[Wish], step: Callable[[Wish], Awaitable[None]]) -> None:
        for wish in left:
            await step(wish)

    async def book(self, wish: Wish) -> None:
        form = scheduling_service.BookSession.read(coach_id=wish.coach_id, starts_at=wish.starts_at)
        await self.practice.context(wish.who).book(form)

    async def hold(self, wish: Wish) -> None:
        form = scheduling_service.HoldSlot.read(coach_id=wish.coach_id, starts_at=wish.starts_at)
        await self.practice.context(wish.who).hold(form)

    async def hold_and_book(self, wish: Wish) -> None:
        context = self.practice.context(wish.who)
        form = scheduling_service.HoldSlot.read(coach_id=wish.coach_id, starts_at=wish.starts_at)
        held = await context.hold(form)
        await context.book(
            scheduling_service.BookSession.read(coach_id=wish.coach_id, starts_at=wish.starts_at, hold_id=held.id)
        )


async def measure(settings: Settings) -> list[Sheet]:
    async with practice_of_today(settings) as practice:
        members = await make_members(settings, practice, BOOKINGS)
        starts_at = monday_after_next(practice.clock(), 10)
        coaches = await make_coaches(settings, COACHES, SEATS)
        await make_history(settings, coaches, members, starts_at)
        callers = Callers(settings, practice)
        wishes = wishes_of(members, coaches, starts_at)
        steps = {BOOK: callers.book, HOLD: callers.hold, BOTH: callers.hold_and_book}
        await callers.candidate(wishes, callers.hold_and_book)()  # warms
        say.print(f"{CALLERS} callers into {COACHES} calendars:", style="dim")
        figures = await in_turns({name: callers.candidate(wishes, step) for name, step in steps.items()}, ROUNDS)
        return [holds_sheet(figures), await page_sheet(settings, practice, members)]


def wishes_of(members: Sequence[Person], coaches: Sequence[UUID], starts_at: datetime) -> list[Wish]:
    return [Wish(who, coaches[n % len(coaches)], starts_at) for n, who in enumerate(members)]


def holds_sheet(figures: Figures) -> Sheet:
    made = comparison(f"Holds, {CALLERS} callers in process", "a second", figures, BOOK)
    made.notes.append(
        f"{BOOKINGS} members and {COACHES} calendars with {SEATS} places each, as in the cold case of `booking`; of the"
        " last line a pair counts once. After every run nobody was overbooked."
    )
    return made


async def page_sheet(settings: Settings, practice: Practice, members: Sequence[Person]) -> Sheet:
    """The first page of a year, with all that the sessions have and are linked to."""
    coach = await practice.coach()
    assert coach.coach is not None
    async with as_owner(settings) as owner:
        await owner.execute(_YEAR, YEAR, [who.actor.member_id for who in members[:50]])
        for statement in _ROWS:
            await owner.execute(statement.format(coach=coach.coach.id))
        await owner.execute("UPDATE coaches SET max_members = 100 WHERE id = $1", coach.coach.id)
        await owner.execute(
            "UPDATE members SET coach_id = $1 WHERE id = ANY ($2)",
            coach.coach.id,
            [who.actor.member_id for who in members[:50]],
        )
        await owner.execute("VACUUM (ANALYZE)")
    variables = {"coachId": global_id("Coach", coach.coach.id), "first": PAGE}
    async with counted(practice) as statements:
        answer = await practice.ask(SESSIONS, coach, **variables)
    nodes = [edge["node"] for edge in answer["edges"]]
    if len(nodes) != PAGE or not all(node["member"] for node in nodes) or not any(node["rating"] for node in nodes):
        raise NoFigure("the page is not what was asked for")

    async def page() -> float:
        began = time.perf_counter()
        await practice.ask(SESSIONS, coach, **variables)
        return (time.perf_counter() - began) * 1_000

    taken = [await page() for _ in range(PAGES)]
    return Sheet(
        f"sessions of a coach with {YEAR:,} in a year: the first {PAGE}, all fields, with coach, member and rating",
        ["", "ms: median", "min–max", "SQL statements"],
        [
            (
                "in process",
                short(median(taken)),
                f"{short(min(taken))}–{short(max(taken))}",
                f"{len(statements)}, of which {sum('set_config' in each for each in statements)} say who asks",
            )
        ],
        [f"{PAGES} pages, one after the other. The statements do not depend on how many sessions the page has."],
    )


@asynccontextmanager
async def counted(practice: Practice) -> AsyncIterator[list[str]]:
    """The statements that are sent meanwhile, through the pool of SQLAlchemy."""
    sent: list[str] = []
    engine = practice.house.database.engine.sync_engine

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


if __name__ == "__main__":
    run("sessions", measure)
