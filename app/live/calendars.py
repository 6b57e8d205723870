"""Open views of slots. A view may be late, never wrong.

A hint (coach, version) only says that there is something to read. Views of the same range share one reading of the
database; each remembers the state that it last showed and is sent the difference to the newest, so a slow one skips
ahead. Those that have joined are told by one task for their range, which writes to all of them.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import SYSTEM, Actor
from app.live.hints import Hints, channel_of, version_in
from app.live.ranges import Range, SlotAvailability, SlotViews, State, Waiting, token_expired
from app.models.coaches import BookingAudience
from app.platform.bus import Bus
from app.platform.clock import Clock
from app.platform.database import Database, DatabaseAway
from app.platform.direct import DirectDatabase
from app.problems import Forbidden, RateLimited
from app.services.scheduling.calendars import REACH, calendar_of
from app.services.scheduling.reading import CalendarReadings

log = structlog.get_logger(__name__)

AWAY = (SQLAlchemyError, OSError, DatabaseAway, asyncpg.PostgresError, asyncpg.InterfaceError)
READ_AT_ONCE: Final = 2
"""Of the connections that bookings use too."""
MOST_RANGES: Final = 2_000
MOST_SLOTS: Final = 200_000
"""Of all ranges together, some 100 MB."""
JUMP: Final = 1.0
"""Seconds that the clock may get ahead or behind between two sweeps; else it was set."""
AFTER_A_MOMENT: Final = 0.01
"""Seconds: at the very moment nothing has changed yet."""

_VERSIONS = text("SELECT coach_id, version FROM coach_calendars WHERE coach_id = ANY(:coaches)")
_WATCH = "SELECT * FROM watch_calendar($1, $2, $3, $4)"
_ASSIGNED = text("SELECT id FROM members WHERE coach_id = :coach_id AND id = ANY(:members)")


class _Watched:
    """A coach whose calendar somebody looks at, and the ranges that are open."""

    def __init__(self) -> None:
        self.ranges: dict[tuple[datetime, datetime], Range] = {}
        self.listening = asyncio.Event()
        self.follower: asyncio.Task[None] | None = None


class LiveCalendars:
    """All open views of a process. `tell` is called after each commit; the sweep finds what no hint told of.

    Each distinct range is read and computed apart. There are at most `MOST_RANGES`, and no more are opened while they
    hold `MOST_SLOTS`: who asks for another one is refused with `RateLimited` before anything is read. Who asks for one
    that is open already never is.
    """

    def __init__(
        self,
        database: Database,
        direct: DirectDatabase,
        readings: CalendarReadings,
        bus: Bus,
        clock: Clock,
        sweep_seconds: float = 10.0,
        heard_by: Callable[[UUID, int], None] | None = None,
    ) -> None:
        """`heard_by` hears in this process whatever is told."""
        self._database, self._direct, self._readings = database, direct, readings
        self._bus, self._clock, self._heard_by = bus, clock, heard_by
        self._hints = Hints(bus)
        self._connections = asyncio.Semaphore(READ_AT_ONCE)
        self._sweep_seconds = sweep_seconds
        self._to_look_at: set[UUID] = set()
        self._due: dict[Range, None] = {}
        self.readings = 0
        self._watched: dict[UUID, _Watched] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep_for_ever())

    async def stop(self) -> None:
        followers = [watched.follower for watched in self._watched.values()]
        tellers = [each.teller for each in self._ranges()]
        running = [task for task in (self._sweeper, *followers, *tellers, *self._tasks) if task is not None]
        for task in running:
            task.cancel()
        for each in self._ranges():
            each.stop()
        await asyncio.gather(*running, self._hints.stop(), return_exceptions=True)

    @property
    def open_views(self) -> int:
        return sum(each.views for each in self._ranges())

    def tell(self, coach_id: UUID, version: int) -> None:
        """A calendar has this version now: wakes the views of this process, and hints to the others."""
        self._hear(coach_id, version)
        self._hints.tell(coach_id, version)
        if self._heard_by is not None:
            self._heard_by(coach_id, version)

    def slot_availability(
        self, actor: Actor, coach_id: UUID, since: datetime, until: datetime, actor_until: datetime | None = None
    ) -> SlotViews:
        """A snapshot, then what changes; ends with `Forbidden` or `Unauthenticated` once the actor may not see it.

        Raises `RateLimited` where this would be one range too many.
        """
        view = Waiting(actor, actor_until)
        return SlotViews(view, self._events(view, coach_id, since, until))

    async def _events(
        self, view: Waiting, coach_id: UUID, since: datetime, until: datetime
    ) -> AsyncGenerator[SlotAvailability, None]:
        """What is told to a view that waits for it."""
        self._confirm_room(coach_id, since, until)
        await self._readings.look(view.actor, coach_id, since, until)  # raises Forbidden
        shown = self._entered(view, coach_id, since, until)
        try:
            await self._watched[coach_id].listening.wait()
            while True:
                view.woken.clear()
                try:
                    state = await self._newest(shown)
                except AWAY:
                    if view.shown is None:
                        raise
                    await self._try_later(shown)
                    continue
                if view.until is not None and view.until <= self._clock():
                    raise token_expired()
                if not state.may_see(view.actor):
                    raise Forbidden
                difference = shown.difference(view.shown, state)
                if difference is not None:
                    view.shown = state
                    yield difference
                await view.woken.wait()
        finally:
            shown.leave(view)

    async def _tell_joined(self, shown: Range) -> None:
        """Tells the views of a range that have joined, as long as there are any."""
        while True:
            await shown.news.wait()
            shown.news.clear()
            try:
                await shown.tell(await self._newest(shown), self._clock())
            except Forbidden as gone:  # there is no such coach any more
                await shown.fail_joined(gone)
            except Exception:  # most likely the database is away
                shown.news.set()
                await self._try_later(shown)

    async def _try_later(self, shown: Range) -> None:
        log.warning("a view could not be told what is new; it tries on", coach_id=str(shown.coach_id), exc_info=True)
        await asyncio.sleep(random.uniform(0.5, 1.5))

    # Which ranges are open

    def _entered(self, view: Waiting, coach_id: UUID, since: datetime, until: datetime) -> Range:
        """Subscribed to the bus before anything is read, so that no change can fall between."""
        self._confirm_room(coach_id, since, until)  # others may have come meanwhile
        watched = self._watched.get(coach_id)
        if watched is None:
            watched = self._watched[coach_id] = _Watched()
            watched.follower = asyncio.create_task(self._follow(coach_id, watched))
        shown = watched.ranges.get((since, until))
        if shown is None:
            shown = watched.ranges[since, until] = Range(coach_id, since, until, self._tell_joined, self._left)
        shown.enter(view)
        return shown

    def _confirm_room(self, coach_id: UUID, since: datetime, until: datetime) -> None:
        """Raises `RateLimited` where this would be one range too many."""
        watched = self._watched.get(coach_id)
        if watched is not None and (since, until) in watched.ranges:
            return
        ranges = self._ranges()
        if len(ranges) >= MOST_RANGES or sum(each.weight for each in ranges) >= MOST_SLOTS:
            log.warning("a view was refused: too many ranges are open", ranges=len(ranges), coach_id=str(coach_id))
            raise RateLimited("Too many different ranges are watched at this time; wait a moment")

    def _left(self, shown: Range) -> None:
        """Nobody looks at this range any more."""
        watched = self._watched[shown.coach_id]
        del watched.ranges[shown.since, shown.until]
        shown.stop()
        if not watched.ranges:
            del self._watched[shown.coach_id]
            if watched.follower is not None:
                watched.follower.cancel()

    def _ranges(self) -> list[Range]:
        return [each for watched in self._watched.values() for each in watched.ranges.values()]

    # Reading

    async def _newest(self, shown: Range) -> State:
        """The newest state that was hinted at; views that ask together wait for one reading."""
        async with shown.reading:
            if shown.hinted is None and shown.is_due(self._clock()):
                self._move_time(shown)
            if shown.hinted is not None:
                await self._read(shown)  # once: what is hinted at meanwhile wakes the views again
            while shown.unasked:
                await self._ask(shown)
            assert shown.state is not None
            return shown.state

    async def _read(self, shown: Range) -> None:
        self.readings += 1
        hinted, asked = shown.hinted, set(shown.unasked)
        before = shown.state
        # Where the audience is others' too, nobody needs to be asked for, and there may be thousands.
        viewers = shown.members if before is None or before.audience is BookingAudience.ASSIGNED else ()
        async with self._connections, self._direct.connection() as db:
            row = await db.fetchrow(_WATCH, shown.coach_id, shown.since - REACH, shown.until + REACH, list(viewers))
        if row is None:
            raise Forbidden
        calendar, audience = calendar_of(shown.coach_id, row), BookingAudience(row["audience"])
        if shown.hinted == hinted or (shown.hinted or 0) <= calendar.version:
            shown.hinted = None  # met, or it was not true: whoever hints has committed before
        shown.unasked -= asked
        if audience is BookingAudience.ASSIGNED and not viewers:
            shown.unasked |= set(shown.members)
        now = self._clock()
        shown.take(State(calendar, audience, set(row["assigned"]), shown.compute(calendar, now)))
        self._plan_time(shown, now)

    async def _ask(self, shown: Range) -> None:
        """Of those who came after the reading."""
        asked = set(shown.unasked)
        if shown.state is not None and shown.state.audience is BookingAudience.ASSIGNED:
            async with self._database.transaction(SYSTEM.settings(), read_only=True) as db:
                shown.state.assigned.update(await _assigned(db, shown.coach_id, asked))
        shown.unasked -= asked

    # What may have changed

    def _hear(self, coach_id: UUID, version: int) -> None:
        """A version that somebody says there is: a hint, for the ranges that have not read it."""
        for each in self._ranges_of(coach_id):
            if each.state is None or version > each.state.version:
                each.hint(version)

    async def _follow(self, coach_id: UUID, watched: _Watched) -> None:
        """Hears the hints of other processes; a lost or unreadable one makes this process look for itself."""
        async with self._bus.listen(channel_of(coach_id)) as hints:
            watched.listening.set()
            async for hint in hints:
                if (version := version_in(hint)) is None:
                    self._look_soon(coach_id)
                else:
                    self._hear(coach_id, version)

    def _look_soon(self, coach_id: UUID) -> None:
        """A reconnect says LOST for every channel at once: one statement compares them all."""
        if not self._to_look_at:
            self._spawn(self._look())
        self._to_look_at.add(coach_id)

    async def _look(self) -> None:
        await asyncio.sleep(0.01)
        coaches, self._to_look_at = list(self._to_look_at), set()
        await self._compare(coaches)

    async def _sweep_for_ever(self) -> None:
        lead = self._lead()
        while True:
            await asyncio.sleep(self._sweep_seconds)
            await self._compare(list(self._watched))
            before, lead = lead, self._lead()
            await self.move_time(everywhere=abs(lead - before) > JUMP)

    async def _compare(self, coaches: list[UUID]) -> None:
        """Compares the versions that were read with the database's, in one statement."""
        if not coaches:
            return
        try:
            async with self._database.transaction(SYSTEM.settings(), read_only=True) as db:
                versions = {row.coach_id: row.version for row in await db.execute(_VERSIONS, {"coaches": coaches})}
        except Exception:  # the database is away: the next sweep looks again
            log.warning("open views could not be compared with the database", exc_info=True)
            return
        for coach_id in coaches:
            version = versions.get(coach_id)
            for each in self._ranges_of(coach_id):
                if each.state is None or version != each.state.version:  # what is read just now may be older
                    each.hint(version or 0)  # a coach who is gone has none

    def _ranges_of(self, coach_id: UUID) -> list[Range]:
        watched = self._watched.get(coach_id)
        return list(watched.ranges.values()) if watched else []

    # Time

    async def move_time(self, *, everywhere: bool = False) -> None:
        """Timers do this when it is due; the sweep does it too, and everywhere for a clock that was set."""
        for each in self._ranges():
            if everywhere or each.is_due(self._clock()):
                self._move_time_safely(each)
                await asyncio.sleep(0)

    def _move_soon(self, shown: Range) -> None:
        """Most are due at the same full hour: they go one after the other."""
        if not self._due:
            self._spawn(self._move_due())
        self._due[shown] = None

    async def _move_due(self) -> None:
        while self._due:
            shown, _ = self._due.popitem()
            self._move_time_safely(shown)
            await asyncio.sleep(0)

    def _move_time_safely(self, shown: Range) -> None:
        try:
            self._move_time(shown)
        except Exception:  # of this range; the others are to be moved all the same
            log.exception("a view could not be moved in time", coach_id=str(shown.coach_id))

    def _move_time(self, shown: Range) -> None:
        now = self._clock()
        shown.move_time(now)
        self._plan_time(shown, now)

    def _plan_time(self, shown: Range, computed_at: datetime) -> None:
        shown.moves_at = shown.next_moment(computed_at)
        if shown.moves_at is not None:
            seconds = (shown.moves_at - self._clock()).total_seconds()
            shown.plan(max(seconds, 0.0) + AFTER_A_MOMENT, self._move_soon)

    def _lead(self) -> float:
        """Seconds of the clock before the loop's, which nobody sets."""
        return self._clock().timestamp() - asyncio.get_running_loop().time()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _assigned(db: AsyncSession, coach_id: UUID, members: set[UUID]) -> set[UUID]:
    """Those of them whose coach this is."""
    return set((await db.execute(_ASSIGNED, {"coach_id": coach_id, "members": list(members)})).scalars())
