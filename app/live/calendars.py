"""Open views of slots. A view may be late, never wrong.

A hint (coach, version) only says that there is something to read. Views of the same range share one reading of the
database; each remembers the state that it last showed and is sent the difference to the newest, so a slow one skips
ahead. Those that have joined are told by one task for their range, which writes to all of them.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Coroutine
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import SYSTEM, Actor
from app.live.ranges import Range, SlotAvailability, SlotViews, State, Waiting, token_expired
from app.models.coaches import BookingAudience
from app.platform.bus import Bus
from app.platform.clock import Clock
from app.platform.database import Database, DatabaseAway
from app.platform.direct import DirectDatabase
from app.problems import Forbidden
from app.services.scheduling.calendars import REACH, calendar_of
from app.services.scheduling.reading import CalendarReadings

log = structlog.get_logger(__name__)

AWAY = (SQLAlchemyError, OSError, DatabaseAway)
AFTER_A_MOMENT = 0.001
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
    """All open views of a process. `tell` is called after each commit; the sweep finds what no hint told of."""

    def __init__(
        self,
        database: Database,
        direct: DirectDatabase,
        readings: CalendarReadings,
        bus: Bus,
        clock: Clock,
        sweep_seconds: float = 10.0,
    ) -> None:
        self._database, self._direct, self._readings = database, direct, readings
        self._bus, self._clock = bus, clock
        self._sweep_seconds = sweep_seconds
        self._to_look_at: set[UUID] = set()
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
        await asyncio.gather(*running, return_exceptions=True)

    @property
    def open_views(self) -> int:
        return sum(each.views for each in self._ranges())

    def tell(self, coach_id: UUID, version: int) -> None:
        """A calendar has this version now: wakes the views of this process, and hints to the others."""
        self._hear(coach_id, version)
        self._spawn(self._bus.publish(_channel(coach_id), str(version)))

    def slot_availability(
        self, actor: Actor, coach_id: UUID, since: datetime, until: datetime, actor_until: datetime | None = None
    ) -> SlotViews:
        """A snapshot, then what changes; ends with `Forbidden` or `Unauthenticated` once the actor may not see it."""
        view = Waiting(actor, actor_until)
        return SlotViews(view, self._events(view, coach_id, since, until))

    async def _events(
        self, view: Waiting, coach_id: UUID, since: datetime, until: datetime
    ) -> AsyncGenerator[SlotAvailability, None]:
        """What is told to a view that waits for it."""
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
            except Exception:  # most likely the database is away
                shown.news.set()
                await self._try_later(shown)

    async def _try_later(self, shown: Range) -> None:
        log.warning("a view could not be told what is new; it tries on", coach_id=str(shown.coach_id), exc_info=True)
        await asyncio.sleep(random.uniform(0.5, 1.5))

    # Which ranges are open

    def _entered(self, view: Waiting, coach_id: UUID, since: datetime, until: datetime) -> Range:
        """Subscribed to the bus before anything is read, so that no change can fall between."""
        watched = self._watched.get(coach_id)
        if watched is None:
            watched = self._watched[coach_id] = _Watched()
            watched.follower = asyncio.create_task(self._follow(coach_id, watched))
        shown = watched.ranges.get((since, until))
        if shown is None:
            shown = watched.ranges[since, until] = Range(coach_id, since, until, self._tell_joined, self._left)
        shown.enter(view)
        return shown

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
            if shown.hinted is not None:
                await self._read(shown)  # once: what is hinted at meanwhile wakes the views again
            while shown.unasked:
                await self._ask(shown)
            if shown.moves_at is not None and shown.moves_at <= self._clock():
                self._move_time(shown)
            assert shown.state is not None
            return shown.state

    async def _read(self, shown: Range) -> None:
        self.readings += 1
        hinted, asked = shown.hinted, set(shown.unasked)
        before = shown.state
        # Where the audience is others' too, nobody needs to be asked for, and there may be thousands.
        viewers = shown.members if before is None or before.audience is BookingAudience.ASSIGNED else ()
        async with self._direct.connection() as db:
            row = await db.fetchrow(_WATCH, shown.coach_id, shown.since - REACH, shown.until + REACH, list(viewers))
        if row is None:
            raise Forbidden
        calendar, audience = calendar_of(shown.coach_id, row), BookingAudience(row["audience"])
        if shown.hinted == hinted or (shown.hinted or 0) <= calendar.version:
            shown.hinted = None  # met, or it was not true: whoever hints has committed before
        shown.unasked -= asked
        if audience is BookingAudience.ASSIGNED and not viewers:
            shown.unasked |= set(shown.members)
        shown.take(State(calendar, audience, set(row["assigned"]), shown.compute(calendar, self._clock())))
        self._plan_time(shown)

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
        async with self._bus.listen(_channel(coach_id)) as hints:
            watched.listening.set()
            async for hint in hints:
                if hint is not None and hint.isdecimal():
                    self._hear(coach_id, int(hint))
                else:
                    self._look_soon(coach_id)

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
        while True:
            await asyncio.sleep(self._sweep_seconds)
            await self._compare(list(self._watched))
            self.move_time()

    async def _compare(self, coaches: list[UUID]) -> None:
        """Compares the versions that were read with the database's, in one statement."""
        if not coaches:
            return
        try:
            async with self._database.transaction(SYSTEM.settings(), read_only=True) as db:
                versions = (await db.execute(_VERSIONS, {"coaches": coaches})).all()
        except Exception:  # the database is away: the next sweep looks again
            log.warning("open views could not be compared with the database", exc_info=True)
            return
        for coach_id, version in versions:
            for each in self._ranges_of(coach_id):
                if each.state is not None and version != each.state.version:
                    each.hint(version)

    def _ranges_of(self, coach_id: UUID) -> list[Range]:
        watched = self._watched.get(coach_id)
        return list(watched.ranges.values()) if watched else []

    # Time

    def move_time(self) -> None:
        """Timers do this when it is due; the sweep does it too, for a clock that was set."""
        for each in self._ranges():
            self._move_time(each)

    def _move_time(self, shown: Range) -> None:
        shown.move_time(self._clock())
        self._plan_time(shown)

    def _plan_time(self, shown: Range) -> None:
        now = self._clock()
        shown.moves_at = shown.next_moment(now)
        if shown.moves_at is not None:
            shown.plan((shown.moves_at - now).total_seconds() + AFTER_A_MOMENT, self._move_time)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _assigned(db: AsyncSession, coach_id: UUID, members: set[UUID]) -> set[UUID]:
    """Those of them whose coach this is."""
    return set((await db.execute(_ASSIGNED, {"coach_id": coach_id, "members": list(members)})).scalars())


def _channel(coach_id: UUID) -> str:
    return f"calendar:{coach_id}"
