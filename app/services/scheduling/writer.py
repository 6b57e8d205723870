"""Requests that wait share a transaction: per process one writer takes the turns of all waiting calendars at once.

A request alone is a group of one, and waits for nothing. What becomes of one is no matter of the others: each has its
own rights, answer, idempotency, version and event, and one that fails unexpectedly is left behind by halving its group.
A calendar whose turn another process has is waited for apart, by those who asked for it and with nothing else held, so
that nobody waits for another's calendar and no two transactions wait for each other's. Two processes that book the same
members crosswise may: PostgreSQL ends one, which is tried again.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from app.actor import Actor
from app.models.scheduling import SessionSeries, SlotHold
from app.models.sessions import CoachingSession
from app.platform.database import RACES, Database, DatabaseAway
from app.platform.direct import DirectDatabase
from app.problems import Forbidden, Problem, TryAgain
from app.services.identity.permissions import access_visible
from app.services.scheduling.answers import Done, Waiting, decisions_of
from app.services.scheduling.booking import (
    Booked,
    BookSession,
    ScheduleSession,
    access_booking,
    may_ask_to_book,
    may_ask_to_schedule,
)
from app.services.scheduling.changes import (
    ChangeSession,
    may_ask_to_change,
)
from app.services.scheduling.deciding import decide, parts_of
from app.services.scheduling.holds import HoldSlot, may_ask_to_hold
from app.services.scheduling.requests import Asked, Earlier, Found
from app.services.scheduling.series import BookSeries
from app.services.scheduling.series_changes import (
    ChangeSeries,
    SeriesChanged,
    find_sessions_to_change,
)
from app.services.scheduling.writing import coach_of_session, open_requests, settle_calendar, write_requests

if TYPE_CHECKING:
    from app.platform.direct import Connection

log = structlog.get_logger(__name__)

Tell = Callable[[UUID, int], None]
TellMember = Callable[[UUID], None]

MOST_TOGETHER = 64
GROUPS = 3  # under way at once: while PostgreSQL works for some, we decide for another
WAITING_APART = 3  # groups that wait for a turn that another process has
TRIES = 5

# What was not to be had in time: the calendar's turn, or another row.
_NO_TURN, _LOCK_NOT_AVAILABLE = "55006", "55P03"
# The rights that a coach had when we looked may be gone with the member: a second look says so.
_NOT_ALLOWED = "42501"


class CalendarWriter:
    """Books, holds and changes for everybody in this process; `tell` hears of each calendar's new version.

    `tell_member` hears of a member whose session with somebody else than their own coach has changed.
    """

    def __init__(
        self, direct: DirectDatabase, database: Database, tell: Tell, tell_member: TellMember = lambda member_id: None
    ) -> None:
        self._direct, self._database, self._tell, self._tell_member = direct, database, tell, tell_member
        self._waiting: list[Waiting] = []
        self._in_turn: set[UUID] = set()  # calendars that a group of this process has, or waits for
        self._under_way: set[object] = set()  # what their requests are alone with
        self._groups = 0
        self._is_starting = False
        self._apart = asyncio.Semaphore(WAITING_APART)
        self._looking_up = asyncio.Semaphore(1)  # so that a rush of changes leaves connections to the groups
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Lets what is under way end: it has been asked for, and somebody may wait for its answer."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def book(self, actor: Actor, form: BookSession, now: datetime) -> Booked:
        """What `decide_booking` decides; a retry under the same idempotency key gets the first answer again."""
        answer = await self._ask_to_book(actor, form, now)
        if isinstance(answer, Earlier):
            async with self._database.transaction(actor.settings(), read_only=True) as db:
                return await access_booking(db, actor, answer.result_id, now=now)
        booked: Booked = answer
        return booked

    async def book_series(self, actor: Actor, form: BookSeries, now: datetime) -> SessionSeries:
        """What `decide_series` decides: all of its dates, or none."""
        answer = await self._ask_to_book(actor, form, now)
        if isinstance(answer, Earlier):
            async with self._database.transaction(actor.settings(), read_only=True) as db:
                return await access_visible(db, actor, SessionSeries, answer.result_id)
        booked: SessionSeries = answer
        return booked

    async def hold(self, actor: Actor, form: HoldSlot, now: datetime) -> SlotHold:
        """What `decide_hold` decides; who holds the place already keeps it as it is."""
        may_ask_to_hold(actor)
        held: SlotHold = await self._ask(Asked(actor, form, form.coach_id, now))
        return held

    async def change(self, actor: Actor, form: ChangeSession, now: datetime) -> CoachingSession:
        """What `changes.py` decides of a session that there is."""
        may_ask_to_change(actor)
        async with self._looking_up, self._direct.connection() as db:
            coach_id = await coach_of_session(db, actor, form.session_id)
        if coach_id is None:
            raise Forbidden
        changed: CoachingSession = await self._ask(Asked(actor, form, coach_id, now))
        return changed

    async def change_series(self, actor: Actor, form: ChangeSeries, now: datetime) -> SeriesChanged:
        """What `decide_series_change` decides of sessions of one series."""
        may_ask_to_change(actor)
        async with self._looking_up, self._database.transaction(actor.settings(), read_only=True) as db:
            coach_id, others = await find_sessions_to_change(db, actor, form)
        changed: SeriesChanged = await self._ask(Asked(actor, form, coach_id, now, others))
        return changed

    async def change_each(
        self, actor: Actor, coach_id: UUID, forms: Sequence[ChangeSession], now: datetime
    ) -> list[Problem | None]:
        """Sessions of one calendar side by side: what is refused of one is no matter of the others."""
        may_ask_to_change(actor)
        asked = (self._ask(Asked(actor, form, coach_id, now)) for form in forms)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Problem):
                raise answer
        return [answer if isinstance(answer, Problem) else None for answer in answers]

    async def _ask_to_book(self, actor: Actor, form: BookSession, now: datetime) -> Any:
        if isinstance(form, ScheduleSession):
            may_ask_to_schedule(actor, form)
        else:
            may_ask_to_book(actor)
        return await self._ask(Asked(actor, form, form.coach_id, now))

    async def _ask(self, asked: Asked) -> Any:
        waiting = Waiting(asked, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._start_soon()
        return await waiting.answer

    # Groups

    def _start_soon(self) -> None:
        """In this round of the loop everybody who asks in it comes along."""
        if not self._is_starting and self._waiting and self._groups < GROUPS:
            self._is_starting = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        """What waits is spread over the groups that may begin, each calendar in one of them."""
        self._is_starting = False
        self._waiting = [each for each in self._waiting if not each.answer.done()]  # some callers went away
        while self._groups < GROUPS and (group := self._next_group(GROUPS - self._groups)):
            self._groups += 1
            self._in_turn |= {each.asked.calendar_id for each in group}
            self._under_way.update(*(each.alone_with for each in group))
            self._spawn(self._work(group))

    def _next_group(self, shares: int) -> list[Waiting]:
        """Takes one of so many equal shares of the calendars that are waited for."""
        free = {each.asked.calendar_id for each in self._waiting} - self._in_turn
        most = -(-len(free) // shares)
        group: list[Waiting] = []
        later: list[Waiting] = []
        calendars: set[UUID] = set()
        size = 0
        taken = set(self._under_way)
        for waiting in self._waiting:
            calendar_id, alone_with = waiting.asked.calendar_id, waiting.alone_with
            is_shared = calendar_id in calendars or (calendar_id in free and len(calendars) < most)
            fits = not group or size + waiting.size <= MOST_TOGETHER
            if is_shared and fits and taken.isdisjoint(alone_with):
                group.append(waiting)
                size += waiting.size
                calendars.add(calendar_id)
                taken |= alone_with
            else:
                later.append(waiting)
        self._waiting = later
        return group

    async def _work(self, group: list[Waiting]) -> None:
        left_out: list[Waiting] = []
        try:
            left_out = await self._settle(group, waiting=False)
        finally:
            apart: dict[UUID, list[Waiting]] = {}
            for waiting in left_out:
                apart.setdefault(waiting.asked.calendar_id, []).append(waiting)
            self._groups -= 1
            self._in_turn -= {each.asked.calendar_id for each in group} - apart.keys()
            self._end([each for each in group if each not in left_out])
            for calendar_id, these in apart.items():
                self._spawn(self._wait_apart(calendar_id, these))

    async def _wait_apart(self, calendar_id: UUID, group: list[Waiting]) -> None:
        try:
            async with self._apart:
                self._refuse(await self._settle(group, waiting=True), Forbidden)  # there is no such calendar
        finally:
            self._in_turn.discard(calendar_id)
            self._end(group)

    def _end(self, group: list[Waiting]) -> None:
        self._under_way.difference_update(*(each.alone_with for each in group))
        self._start_soon()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # One group

    async def _settle(self, group: list[Waiting], *, waiting: bool) -> list[Waiting]:
        """Gives each an answer, whatever becomes of the others; those whose calendar's turn is another's are left."""
        for tried in range(TRIES):
            try:
                done = await self._transaction([each.asked for each in group], waiting=waiting)
            except DatabaseAway as failure:
                log.warning("requests were cut off", requests=len(group), cause=str(failure.__cause__))
                return self._refuse(group, DatabaseAway)
            except Exception as failure:
                state = getattr(failure, "sqlstate", None)
                if state == _NO_TURN:
                    break
                if len(group) > 1:
                    log.info("requests are tried apart", requests=len(group), cause=str(failure))
                    half = len(group) // 2
                    left = await self._settle(group[:half], waiting=waiting)
                    return left + await self._settle(group[half:], waiting=waiting)
                if state == _LOCK_NOT_AVAILABLE:
                    break
                if state not in RACES and not (state == _NOT_ALLOWED and tried == 0):
                    group[0].refuse(failure)
                    return []
                log.info("write lost a race", tried=tried + 1, cause=str(failure))
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**tried)
            else:
                return self._answer(group, done)
        return self._refuse(group, TryAgain)

    @staticmethod
    def _refuse(group: list[Waiting], why: Callable[[], Exception]) -> list[Waiting]:
        for waiting in group:
            waiting.refuse(why())
        return []

    async def _transaction(self, group: list[Asked], *, waiting: bool) -> list[Done | None]:
        async with self._direct.transaction() as db:
            found, settled = await self._open(db, group, waiting=waiting)
            decided = [decide(asked, what) for asked, what in zip(group, found, strict=True)]
            places = list(accumulate((len(what) for what in found), initial=0))
            changes = [
                {place + part: each.change for part, each in decisions_of(decision).items()}
                for place, decision in zip(places, decided, strict=False)
            ]
            in_order = {place: change for each in changes for place, change in each.items()}
            written = await write_requests(db, in_order) if in_order else {}
        rows = [[written[place] for place in mine if place in written] for mine in changes]
        return [
            None if decision is None else Done.of(decision, these, settled.get(asked.calendar_id))
            for asked, decision, these in zip(group, decided, rows, strict=True)
        ]

    async def _open(
        self, db: "Connection", group: list[Asked], *, waiting: bool
    ) -> tuple[list[list[Found | None]], dict[UUID, int | None]]:
        """What decides over each part of each request, and the versions that giving expired holds back has made.

        What a request is about may be known only once a part of it has been read: then all is read again.
        """
        now = max(asked.now for asked in group)
        settled: dict[UUID, int | None] = {}
        parts = [parts_of(asked, ()) for asked in group]
        while True:
            read = iter(await open_requests(db, [part for each in parts for part in each], waiting=waiting))
            found = [list(islice(read, len(each))) for each in parts]
            expired = [each for each in _with_expired_holds(found) if each not in settled]
            for calendar_id in expired:
                settled[calendar_id] = await settle_calendar(db, calendar_id, now)
            wanted = [parts_of(asked, what) for asked, what in zip(group, found, strict=True)]
            if not expired and wanted == parts:
                return found, settled
            parts = wanted

    def _answer(self, group: list[Waiting], done: list[Done | None]) -> list[Waiting]:
        """After the commit: whatever goes wrong here, nothing is done again."""
        newest: dict[UUID, int] = {}
        elsewhere: set[UUID] = set()
        left_out: list[Waiting] = []
        for each, what in zip(group, done, strict=True):
            if what is None:
                left_out.append(each)
                continue
            if what.version is not None:
                newest[each.asked.calendar_id] = max(what.version, newest.get(each.asked.calendar_id, 0))
            elsewhere |= {
                session.member_id
                for session in what.written
                if isinstance(session, CoachingSession) and session.coach_id != session.member_coach_id
            }
            what.give_to(each)
        tell = [partial(self._tell, coach_id, version) for coach_id, version in newest.items()]
        for each_tell in (*tell, *(partial(self._tell_member, member_id) for member_id in elsewhere)):
            try:
                each_tell()
            except Exception:  # the sweep will
                log.exception("open views were not told", of=str(each_tell.args[0]))
        return left_out


def _with_expired_holds(found: list[list[Found | None]]) -> list[UUID]:
    read = [what.open_calendar for each in found for what in each if what is not None and what.open_calendar]
    return sorted({each.calendar.coach_id for each in read if each.calendar.has_expired_holds})
