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
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from app.actor import Actor
from app.models.scheduling import SlotHold
from app.models.sessions import CoachingSession
from app.platform.database import RACES, Database, DatabaseAway
from app.platform.direct import DirectDatabase
from app.problems import Forbidden, Problem, Refusal, TryAgain
from app.services.scheduling.booking import (
    Booked,
    BookSession,
    ScheduleSession,
    access_booking,
    decide_booking,
    may_ask_to_book,
    may_ask_to_schedule,
    subject_of,
)
from app.services.scheduling.changes import (
    CancelSession,
    ChangeSession,
    CompleteSession,
    MarkNoShow,
    RescheduleSession,
    decide_cancellation,
    decide_completion,
    decide_move,
    decide_no_show,
    may_ask_to_change,
)
from app.services.scheduling.holds import HoldSlot, decide_hold, may_ask_to_hold
from app.services.scheduling.requests import Already, Asked, Decision, Earlier, Found
from app.services.scheduling.writing import coach_of_session, open_requests, settle_calendar, write_requests

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


@dataclass(eq=False, slots=True)
class _Waiting:
    asked: Asked
    answer: "asyncio.Future[Any]"

    def give(self, answer: Any) -> None:
        if not self.answer.done():  # the caller may have gone away
            self.answer.set_result(answer)

    def refuse(self, failure: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(failure)

    @property
    def alone_with(self) -> set[object]:
        """What no two requests under way may share, because the second has to see what the first one wrote."""
        actor, form = self.asked.actor, self.asked.form
        alone: set[object] = {actor.member_id or self}  # a member is in one place at a time, and uses a key once
        if isinstance(form, ScheduleSession):
            alone |= {subject_of(self.asked), (actor.user_id, form.idempotency_key or self)}
        elif isinstance(form, ChangeSession):
            alone.add(form.session_id)
        return alone


@dataclass(frozen=True, slots=True)
class _Done:
    """What was decided and written of one request."""

    decision: Decision | Earlier | Already | Exception
    written: CoachingSession | SlotHold | None
    version: int | None

    def told(self, settled: dict[UUID, int], asked: Asked) -> "_Done":
        """With the version that settling its calendar has made."""
        version = settled.get(asked.calendar_id)
        return self if version is None else replace(self, version=max(version, self.version or 0))


class CalendarWriter:
    """Books, holds and changes for everybody in this process; `tell` hears of each calendar's new version.

    `tell_member` hears of a member whose session with somebody else than their own coach has changed.
    """

    def __init__(
        self, direct: DirectDatabase, database: Database, tell: Tell, tell_member: TellMember = lambda member_id: None
    ) -> None:
        self._direct, self._database, self._tell, self._tell_member = direct, database, tell, tell_member
        self._waiting: list[_Waiting] = []
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
        if isinstance(form, ScheduleSession):
            may_ask_to_schedule(actor, form)
        else:
            may_ask_to_book(actor)
        answer = await self._ask(Asked(actor, form, form.coach_id, now))
        if isinstance(answer, Earlier):
            async with self._database.transaction(actor.settings(), read_only=True) as db:
                return await access_booking(db, actor, answer.booking_id, now=now)
        booked: Booked = answer
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

    async def _ask(self, asked: Asked) -> Any:
        waiting = _Waiting(asked, asyncio.get_running_loop().create_future())
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

    def _next_group(self, shares: int) -> list[_Waiting]:
        """Takes one of so many equal shares of the calendars that are waited for."""
        free = {each.asked.calendar_id for each in self._waiting} - self._in_turn
        most = -(-len(free) // shares)
        group: list[_Waiting] = []
        later: list[_Waiting] = []
        calendars: set[UUID] = set()
        taken = set(self._under_way)
        for waiting in self._waiting:
            calendar_id, alone_with = waiting.asked.calendar_id, waiting.alone_with
            is_shared = calendar_id in calendars or (calendar_id in free and len(calendars) < most)
            if is_shared and len(group) < MOST_TOGETHER and taken.isdisjoint(alone_with):
                group.append(waiting)
                calendars.add(calendar_id)
                taken |= alone_with
            else:
                later.append(waiting)
        self._waiting = later
        return group

    async def _work(self, group: list[_Waiting]) -> None:
        left_out: list[_Waiting] = []
        try:
            left_out = await self._settle(group, waiting=False)
        finally:
            apart: dict[UUID, list[_Waiting]] = {}
            for waiting in left_out:
                apart.setdefault(waiting.asked.calendar_id, []).append(waiting)
            self._groups -= 1
            self._in_turn -= {each.asked.calendar_id for each in group} - apart.keys()
            self._end([each for each in group if each not in left_out])
            for calendar_id, these in apart.items():
                self._spawn(self._wait_apart(calendar_id, these))

    async def _wait_apart(self, calendar_id: UUID, group: list[_Waiting]) -> None:
        try:
            async with self._apart:
                self._refuse(await self._settle(group, waiting=True), Forbidden)  # there is no such calendar
        finally:
            self._in_turn.discard(calendar_id)
            self._end(group)

    def _end(self, group: list[_Waiting]) -> None:
        self._under_way.difference_update(*(each.alone_with for each in group))
        self._start_soon()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # One group

    async def _settle(self, group: list[_Waiting], *, waiting: bool) -> list[_Waiting]:
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
    def _refuse(group: list[_Waiting], why: Callable[[], Exception]) -> list[_Waiting]:
        for waiting in group:
            waiting.refuse(why())
        return []

    async def _transaction(self, group: list[Asked], *, waiting: bool) -> list[_Done | None]:
        async with self._direct.transaction() as db:
            now = max(asked.now for asked in group)
            found = await open_requests(db, group, waiting=waiting)
            settled: dict[UUID, int] = {}
            for calendar_id in _with_expired_holds(found):
                if (version := await settle_calendar(db, calendar_id, now)) is not None:
                    settled[calendar_id] = version
            if settled:
                found = await open_requests(db, group, waiting=waiting)  # as it is now
            decided = [_decide(asked, what) for asked, what in zip(group, found, strict=True)]
            changes = {place: each.change for place, each in enumerate(decided) if isinstance(each, Decision)}
            written = await write_requests(db, changes) if changes else {}
        return [
            None if decision is None else _Done(decision, *written.get(place, (None, None))).told(settled, asked)
            for place, (decision, asked) in enumerate(zip(decided, group, strict=True))
        ]

    def _answer(self, group: list[_Waiting], done: list[_Done | None]) -> list[_Waiting]:
        """After the commit: whatever goes wrong here, nothing is done again."""
        newest: dict[UUID, int] = {}
        elsewhere: set[UUID] = set()
        left_out: list[_Waiting] = []
        for each, what in zip(group, done, strict=True):
            if what is None:
                left_out.append(each)
                continue
            if what.version is not None:
                newest[each.asked.calendar_id] = max(what.version, newest.get(each.asked.calendar_id, 0))
            if isinstance(what.written, CoachingSession) and what.written.coach_id != what.written.member_coach_id:
                elsewhere.add(what.written.member_id)
            _give(each, what)
        tell = [partial(self._tell, coach_id, version) for coach_id, version in newest.items()]
        for each_tell in (*tell, *(partial(self._tell_member, member_id) for member_id in elsewhere)):
            try:
                each_tell()
            except Exception:  # the sweep will
                log.exception("open views were not told", of=str(each_tell.args[0]))
        return left_out


def _with_expired_holds(found: list[Found | None]) -> list[UUID]:
    calendars = {what.open_calendar.calendar for what in found if what is not None and what.open_calendar is not None}
    return sorted(calendar.coach_id for calendar in calendars if calendar.has_expired_holds)


def _decide(asked: Asked, found: Found | None) -> Decision | Earlier | Already | Exception | None:
    """None if it is not the request's turn; an exception is one request's own."""
    if found is None:
        return None
    try:
        match asked.form:
            case BookSession() as form:
                return decide_booking(asked, form, found)
            case CancelSession() as form:
                return decide_cancellation(asked, form, found)
            case RescheduleSession() as form:
                return decide_move(asked, form, found)
            case CompleteSession() as form:
                return decide_completion(asked, form, found)
            case MarkNoShow() as form:
                return decide_no_show(asked, form, found)
            case HoldSlot() as form:
                return decide_hold(asked, form, found)
    except Exception as failure:
        if not isinstance(failure, Problem | Refusal):
            log.exception("a request could not be decided")
        return failure
    raise TypeError(f"{type(asked.form).__name__} is no request to a calendar")


def _give(waiting: _Waiting, done: _Done) -> None:
    decision, written = done.decision, done.written
    if isinstance(decision, Exception):
        waiting.refuse(decision)
    elif isinstance(decision, Earlier):
        waiting.give(decision)
    elif isinstance(decision, Already):
        waiting.give(decision.hold)
    elif decision.refused is not None:
        waiting.refuse(decision.refused)
    elif written is None:
        waiting.refuse(RuntimeError("what was written has not come back"))
    elif decision.change.booking_id is not None and isinstance(written, CoachingSession):
        waiting.give(Booked(decision.change.booking_id, written, decision.slot))
    else:
        waiting.give(written)
