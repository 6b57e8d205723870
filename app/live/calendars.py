"""Open views of slots. A view may be late, never wrong.

A hint (coach, version) only says that there is something to read. Views of the same range share one reading of the
database; each holds the state that it last showed and sends the difference to the newest, so a slow one skips ahead.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.actor import SYSTEM, Actor, Standing
from app.models.coaches import BookingAudience
from app.platform.bus import Bus
from app.platform.clock import Clock
from app.platform.database import Database, DatabaseAway
from app.problems import Forbidden
from app.services.scheduling.calendars import open_calendar, read_calendar
from app.services.scheduling.slots import Calendar, Slot, slots_between

log = structlog.get_logger(__name__)

_VERSIONS = text("SELECT coach_id, version FROM coach_calendars WHERE coach_id = ANY(:coaches)")
_AUDIENCE = text("SELECT booking_audience FROM coaches WHERE id = :coach_id")
_ASSIGNED = text("SELECT id FROM members WHERE coach_id = :coach_id AND id = ANY(:members)")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SlotAvailability:
    """A snapshot, or what changed since the last one that this view was sent; slots are as everybody sees them.

    Views that were shown the same are given the same object, so that it is executed and encoded once for all.
    """

    version: int
    is_snapshot: bool
    slots: list[Slot]
    removed: list[Slot]


@dataclass(frozen=True, slots=True)
class _State:
    calendar: Calendar
    audience: BookingAudience
    asked_for: frozenset[UUID]
    assigned: frozenset[UUID]
    slots: dict[datetime, Slot]  # one object for one version at one time

    def knows(self, actor: Actor) -> bool:
        """Whether this was read with the question whether this member is the coach's own."""
        is_decided = self.audience is not BookingAudience.ASSIGNED or actor.member_id is None
        return is_decided or actor.member_id in self.asked_for

    def may_see(self, actor: Actor) -> bool:
        """The rule of `open_calendar`, on what was read with the slots: asked again for every event."""
        if actor.standing is Standing.ADMIN or actor.coach_id == self.calendar.coach_id:
            return True
        if self.audience is BookingAudience.PUBLIC:
            return True
        if actor.member_id is None:
            return False
        return self.audience is BookingAudience.MEMBERS or actor.member_id in self.assigned


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of one state to views that were shown another. These are few: all but the slow are at the last."""

    newest: dict[datetime, Slot]
    differences: list[tuple[dict[datetime, Slot] | None, SlotAvailability | None]]


class _Range:
    """The slots of one coach between two instants, read once for all views that look at them."""

    def __init__(self, coach_id: UUID, since: datetime, until: datetime) -> None:
        self.coach_id, self.since, self.until = coach_id, since, until
        self.state: _State | None = None
        self.viewers: dict[_View, Actor] = {}
        self.reading = asyncio.Lock()
        self._told: _Told | None = None

    def difference(self, shown: "_State | None", newest: "_State") -> SlotAvailability | None:
        """None when there is nothing to tell. The same for all views that were shown the same."""
        told = self._told
        if told is None or told.newest is not newest.slots:
            told = self._told = _Told(newest.slots, [])
        before = shown.slots if shown else None
        for known, difference in told.differences:
            if known is before:
                return difference
        difference = _difference(shown, newest)
        told.differences.append((before, difference))
        return difference

    def compute(self, calendar: Calendar, now: datetime) -> dict[datetime, Slot]:
        return {slot.starts_at: slot for slot in slots_between(calendar, self.since, self.until, now)}

    def wake(self) -> None:
        for view in self.viewers:
            view.woken.set()


class _View:
    __slots__ = ("woken",)

    def __init__(self) -> None:
        self.woken = asyncio.Event()


class _Watched:
    """A coach whose calendar somebody looks at: the newest version heard of, and the ranges that are open."""

    def __init__(self) -> None:
        self.heard = -1
        self.ranges: dict[tuple[datetime, datetime], _Range] = {}
        self.listening = asyncio.Event()
        self.follower: asyncio.Task[None] | None = None


class LiveCalendars:
    """All open views of a process. `tell` is called after each commit; the sweep finds what no hint told of."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, sweep_seconds: float = 10.0) -> None:
        self._database, self._bus, self._clock = database, bus, clock
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
        running = [task for task in (self._sweeper, *followers, *self._tasks) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    @property
    def open_views(self) -> int:
        return sum(len(each.viewers) for watched in self._watched.values() for each in watched.ranges.values())

    def tell(self, coach_id: UUID, version: int) -> None:
        """A calendar has this version now: wakes the views of this process, and hints to the others."""
        self._hear(coach_id, version)
        self._spawn(self._bus.publish(_channel(coach_id), str(version)))

    async def slot_availability(
        self, actor: Actor, coach_id: UUID, since: datetime, until: datetime
    ) -> AsyncGenerator[SlotAvailability, None]:
        """A snapshot, then what changes; raises `Forbidden` as soon as the actor may not see it any more."""
        async with self._database.transaction(actor.settings(), read_only=True) as db:
            await open_calendar(db, coach_id)
        async with self._viewing(actor, coach_id, since, until) as (view, shown_range):
            shown: _State | None = None
            while True:
                view.woken.clear()
                try:
                    state = await self._newest(shown_range, actor)
                except (SQLAlchemyError, OSError, DatabaseAway):
                    if shown is None:
                        raise
                    log.warning("a view could not read again; it tries on", coach_id=str(coach_id), exc_info=True)
                    await asyncio.sleep(random.uniform(0.5, 1.5))
                    continue
                if not state.may_see(actor):
                    raise Forbidden
                difference = shown_range.difference(shown, state)
                if difference is not None:
                    yield difference
                    shown = state
                await view.woken.wait()

    @asynccontextmanager
    async def _viewing(
        self, actor: Actor, coach_id: UUID, since: datetime, until: datetime
    ) -> AsyncIterator[tuple[_View, _Range]]:
        """Subscribed to the bus before anything is read, so that no change can fall between."""
        watched = self._watched.setdefault(coach_id, _Watched())
        key = (since, until)
        shown_range = watched.ranges.setdefault(key, _Range(coach_id, since, until))
        view = _View()
        shown_range.viewers[view] = actor
        try:
            if watched.follower is None:
                watched.follower = asyncio.create_task(self._follow(coach_id, watched))
            await watched.listening.wait()
            yield view, shown_range
        finally:
            del shown_range.viewers[view]
            if not shown_range.viewers:
                watched.ranges.pop(key, None)
            if not watched.ranges and self._watched.get(coach_id) is watched:
                del self._watched[coach_id]
                if watched.follower is not None:
                    watched.follower.cancel()

    async def _newest(self, shown: _Range, actor: Actor) -> _State:
        """The state of the newest version heard of; views that ask together wait for one reading."""
        watched = self._watched[shown.coach_id]
        async with shown.reading:
            state = shown.state
            if state is not None and state.calendar.version >= watched.heard and state.knows(actor):
                return state
            read = await self._read(shown)
            before = shown.state  # time may have moved it meanwhile
            if before is not None and (before.calendar.version, before.slots) == (read.calendar.version, read.slots):
                read = replace(read, slots=before.slots)  # so that it is seen to be the same
            shown.state = read
            if before is not None and before.slots is not read.slots:
                shown.wake()  # it was read for one who joined, and time had moved
            return read

    async def _read(self, shown: _Range) -> _State:
        self.readings += 1
        members = frozenset(actor.member_id for actor in shown.viewers.values() if actor.member_id is not None)
        async with self._database.transaction(SYSTEM.settings(), read_only=True) as db:
            calendar, _ = await read_calendar(db, shown.coach_id, shown.since, shown.until)
            asked = {"coach_id": shown.coach_id, "members": list(members)}
            audience = (await db.execute(_AUDIENCE, asked)).scalar_one()
            assigned = frozenset((await db.execute(_ASSIGNED, asked)).scalars()) if members else frozenset()
        slots = shown.compute(calendar, self._clock())
        return _State(calendar, BookingAudience(audience), members, assigned, slots)

    def _hear(self, coach_id: UUID, version: int) -> None:
        watched = self._watched.get(coach_id)
        if watched is not None and version > watched.heard:
            watched.heard = version
            for each in watched.ranges.values():
                each.wake()

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
        """Compares the versions that were heard of with the database's, in one statement."""
        if not coaches:
            return
        try:
            async with self._database.transaction(SYSTEM.settings(), read_only=True) as db:
                versions = (await db.execute(_VERSIONS, {"coaches": coaches})).all()
        except Exception:  # the database is away: the next sweep looks again
            log.warning("open views could not be compared with the database", exc_info=True)
            return
        for coach_id, version in versions:
            self._hear(coach_id, version)

    def move_time(self) -> None:
        """A slot that has passed its notice, or a day that the booking window has reached, changes without a write."""
        now = self._clock()
        for watched in self._watched.values():
            for each in watched.ranges.values():
                state = each.state
                if state is None or (slots := each.compute(state.calendar, now)) == state.slots:
                    continue
                each.state = replace(state, slots=slots)
                each.wake()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _difference(shown: _State | None, newest: _State) -> SlotAvailability | None:
    """None when there is nothing to tell; a new version is told of even if it changed no slot of this range."""
    version = newest.calendar.version
    if shown is None:
        return SlotAvailability(version, True, list(newest.slots.values()), [])
    changed = [slot for start, slot in newest.slots.items() if shown.slots.get(start) != slot]
    removed = [slot for start, slot in shown.slots.items() if start not in newest.slots]
    if not changed and not removed and version == shown.calendar.version:
        return None
    return SlotAvailability(version, False, changed, removed)


def _channel(coach_id: UUID) -> str:
    return f"calendar:{coach_id}"
