"""The slots of one coach between two instants: their newest state, who looks at it, and what each was shown last."""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.actor import Actor, Standing
from app.models.coaches import BookingAudience
from app.problems import Forbidden, Unauthenticated
from app.services.scheduling.slots import Calendar, Slot, Unavailable, slots_between
from app.wire.groups import WRITTEN_AT_ONCE, Group, Member, Seat


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
class State:
    """One version at one time. `slots` is one object for all who were shown the same."""

    calendar: Calendar
    audience: BookingAudience
    assigned: set[UUID]  # those of the viewing members whose coach this is
    slots: dict[datetime, Slot]

    @property
    def version(self) -> int:
        return self.calendar.version

    def may_see(self, actor: Actor) -> bool:
        """The rule of `open_calendar`, on what was read with the slots: asked again for every event."""
        if self.audience is BookingAudience.PUBLIC:
            return True
        if actor.member_id is not None and (
            self.audience is BookingAudience.MEMBERS or actor.member_id in self.assigned
        ):
            return True
        return actor.standing is Standing.ADMIN or actor.coach_id == self.calendar.coach_id


class Waiting:
    """A view that somebody waits at for what comes next; the viewer is the actor until their access token expires."""

    __slots__ = ("actor", "range", "shown", "until", "woken")

    def __init__(self, actor: Actor, until: datetime | None) -> None:
        self.actor, self.until = actor, until
        self.range: Range | None = None
        self.shown: State | None = None
        self.woken = asyncio.Event()


class Joined(Member):
    """A view that has joined others."""

    __slots__ = ("_range", "actor", "has_left", "until")

    shown: State

    def __init__(self, range: "Range", view: Waiting, group: Group, context: Any, seat: Seat) -> None:
        super().__init__(group, context, seat, view.shown)
        self._range, self.actor, self.until = range, view.actor, view.until
        self.has_left = False

    def may_be_told(self, shown: State) -> bool:
        if self.has_left:
            return False
        if self.until is not None and self.until <= self._range.now:
            self.fail(token_expired())
        elif not shown.may_see(self.actor):
            self.fail(Forbidden())
        else:
            return True
        return False

    def drained(self) -> None:
        if self.is_behind:
            self.is_behind = False
            self._range.tell_soon(self)

    def leave(self) -> None:
        self.has_left = True
        self._range.leave(self)


@dataclass(slots=True)
class _Told:
    """What is told of one state to views that were shown another. These are few: all but the slow are at the last."""

    newest: dict[datetime, Slot] | None = None
    differences: list[tuple[dict[datetime, Slot] | None, SlotAvailability | None]] = field(default_factory=list)


class Range:
    """What is read and computed once for all views of it.

    `tell_joined` runs as long as there are views that have joined; `left` is called when the last view has.
    """

    def __init__(
        self,
        coach_id: UUID,
        since: datetime,
        until: datetime,
        tell_joined: Callable[["Range"], Coroutine[Any, Any, None]],
        left: Callable[["Range"], None],
    ) -> None:
        self.coach_id, self.since, self.until = coach_id, since, until
        self.now = datetime.min.replace(tzinfo=UTC)
        """When the joined were told last."""
        self.state: State | None = None
        self.hinted: int | None = 0
        """A version that is said to be newer than the state; None when there is nothing to read."""
        self.unasked: set[UUID] = set()
        """Members of whom it is not known whether this is their coach."""
        self.moves_at: datetime | None = None
        """When time changes the state next."""
        self.reading = asyncio.Lock()
        self.news = asyncio.Event()
        self.teller: asyncio.Task[None] | None = None
        self.waiting: dict[Waiting, None] = {}
        self.joined: dict[Joined, None] = {}
        self._tell_joined, self._left = tell_joined, left
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopped = False
        self._to_tell: list[Joined] = []
        self._told_all: dict[datetime, Slot] | None = None
        self._told = _Told()

    # Who looks

    @property
    def views(self) -> int:
        return len(self.waiting) + len(self.joined)

    @property
    def members(self) -> set[UUID]:
        views: Iterable[Waiting | Joined] = (*self.waiting, *self.joined)
        return {view.actor.member_id for view in views if view.actor.member_id is not None}

    @property
    def weight(self) -> int:
        """Slots that are held; before the first reading, as if there were one an hour."""
        return len(self.state.slots) if self.state is not None else int((self.until - self.since) / timedelta(hours=1))

    def enter(self, view: Waiting) -> None:
        view.range = self
        self.waiting[view] = None
        if view.actor.member_id is not None:
            self.unasked.add(view.actor.member_id)

    def join(self, view: Waiting, group: Group, context: Any, seat: Seat) -> Joined:
        """Nobody waits at this view any more. It was shown a state, which need not be the newest."""
        assert view.shown is not None
        joined = Joined(self, view, group, context, seat)
        self.joined[joined] = None
        del self.waiting[view]
        if self.state is None or self.state.slots is not joined.shown.slots:
            self.tell_soon(joined)
        if self.teller is None:
            self.teller = asyncio.create_task(self._tell_joined(self))
        return joined

    def leave(self, view: Waiting | Joined) -> None:
        views: dict[Any, None] = self.waiting if isinstance(view, Waiting) else self.joined
        if view in views:
            del views[view]
            if not self.views:
                self._left(self)

    async def fail_joined(self, error: Exception) -> None:
        """Ends all that have joined."""
        for number, view in enumerate(list(self.joined)):
            if number % WRITTEN_AT_ONCE == WRITTEN_AT_ONCE - 1:
                await asyncio.sleep(0)
            if not view.has_left:
                view.fail(error)

    def stop(self) -> None:
        self._is_stopped = True
        for each in (self.teller, self._timer):
            if each is not None:
                each.cancel()

    # What is new

    def hint(self, version: int) -> None:
        """It is said that there is something to read. Whether that is true is decided by reading."""
        if self.hinted is None or version > self.hinted:
            self.hinted = version
            self.wake()

    def wake(self) -> None:
        self.news.set()
        for view in self.waiting:
            view.woken.set()

    def tell_soon(self, view: Joined) -> None:
        self._to_tell.append(view)
        self.news.set()

    def take(self, read: State) -> None:
        """A state that was read, or that time has made."""
        before = self.state
        if before is not None and (before.version, before.slots) == (read.version, read.slots):
            # So that it is seen to be the same.
            read = State(read.calendar, read.audience, read.assigned, before.slots)
        self.state = read
        if before is None or before.slots is not read.slots:
            self.wake()  # it may have been read for one who joined, and time had moved

    def compute(self, calendar: Calendar, now: datetime) -> dict[datetime, Slot]:
        return {slot.starts_at: slot for slot in slots_between(calendar, self.since, self.until, now)}

    def is_due(self, now: datetime) -> bool:
        return self.moves_at is not None and self.moves_at <= now

    def move_time(self, now: datetime) -> None:
        """A slot that has passed its notice, or a day that the booking window has reached, changes without a write."""
        if (state := self.state) is None:
            return
        if state.audience is BookingAudience.ASSIGNED:
            self.hint(state.version)  # whose coach this is changes without a new version, so that is read again
        else:
            self.take(State(state.calendar, state.audience, state.assigned, self.compute(state.calendar, now)))

    def next_moment(self, now: datetime) -> datetime | None:
        """After which moment time changes a slot next, if nothing is written until then. It may be this one."""
        if (state := self.state) is None:
            return None
        notice = timedelta(minutes=state.calendar.min_notice_minutes)
        starts = list(state.slots)  # in order
        coming, bookable = (starts[bisect_left(starts, begin) :][:1] for begin in (now, now + notice))
        moments = [*coming, *(start - notice for start in bookable)]
        if any(slot.unavailable_reason is Unavailable.TOO_FAR_AHEAD for slot in state.slots.values()):
            zone = ZoneInfo(state.calendar.time_zone)
            tomorrow = now.astimezone(zone).date() + timedelta(days=1)
            moments.append(datetime.combine(tomorrow, time(), zone).astimezone(UTC))
        return min(moments, default=None)

    def plan(self, seconds: float, work: Callable[["Range"], None]) -> None:
        """Work in so many seconds, instead of what was planned before."""
        if self._timer is not None:
            self._timer.cancel()
        if self._is_stopped:
            return
        self._timer = asyncio.get_running_loop().call_later(seconds, work, self)

    # What is told

    async def tell(self, state: State, now: datetime) -> None:
        """Shows the state to the joined views that were shown another one and have taken it."""
        self.now = now
        views: Iterable[Joined] = self._to_tell
        if self._told_all is not state.slots:
            views, self._told_all = self.joined, state.slots
        self._to_tell = []
        batches: dict[tuple[int, Group], list[Joined]] = {}
        shown, group, batch = state, None, list[Joined]()  # of the view before, which is nearly always also the next's
        for view in views:
            if view.shown is not shown or view.group is not group:
                shown, group = view.shown, view.group
                batch = batches.setdefault((id(shown.slots), group), [])
            if not view.is_behind:
                batch.append(view)
        try:
            for number, ((_, group), batch) in enumerate(batches.items()):
                if number:
                    await asyncio.sleep(0)  # each may take milliseconds, and there may be hundreds
                if batch and (difference := self.difference(batch[0].shown, state)) is not None:
                    await group.tell(difference, state, batch)
        except Exception:
            self._told_all = None  # so that all are looked at again
            raise

    def difference(self, shown: State | None, newest: State) -> SlotAvailability | None:
        """None when there is nothing to tell. The same for all views that were shown the same."""
        if self._told.newest is not newest.slots:
            self._told = _Told(newest.slots)
        before = shown.slots if shown else None
        for known, difference in self._told.differences:
            if known is before:
                return difference
        difference = difference_between(shown, newest)
        self._told.differences.append((before, difference))
        return difference


class SlotViews:
    """The events of one view: waited for one by one, until it joins others."""

    __slots__ = ("_events", "_view")

    def __init__(self, view: Waiting, events: AsyncGenerator[SlotAvailability, None]) -> None:
        self._view, self._events = view, events

    def __aiter__(self) -> "SlotViews":
        return self

    async def __anext__(self) -> SlotAvailability:
        return await anext(self._events)

    async def aclose(self) -> None:
        await self._events.aclose()

    def join(self, group: Group, context: Any, seat: Seat) -> Joined:
        assert self._view.range is not None, "what joins was shown something"
        return self._view.range.join(self._view, group, context, seat)


def token_expired() -> Unauthenticated:
    return Unauthenticated("The access token has expired; connect again with a new one")


def difference_between(shown: State | None, newest: State) -> SlotAvailability | None:
    """None when there is nothing to tell; a new version is told of even if it changed no slot of this range.

    A version goes back when the database was restored: what was shown is then worth nothing.
    """
    if shown is None or newest.version < shown.version:
        return SlotAvailability(newest.version, True, list(newest.slots.values()), [])
    changed = [slot for start, slot in newest.slots.items() if shown.slots.get(start) != slot]
    removed = [slot for start, slot in shown.slots.items() if start not in newest.slots]
    if not changed and not removed and newest.version == shown.version:
        return None
    return SlotAvailability(newest.version, False, changed, removed)
