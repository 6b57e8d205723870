"""Reading calendars for whoever looks at slots: what waits at one moment is read in one statement, each asker's part of
it under that asker's rights, and a calendar whose version has not changed is not read again."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from app.actor import Actor
from app.platform.database import DatabaseAway
from app.platform.direct import DirectDatabase
from app.problems import Forbidden
from app.services.scheduling.calendars import REACH, calendar_of
from app.services.scheduling.slots import Calendar, Starts
from app.services.scheduling.wall_clock import MINUTE, SECOND

log = structlog.get_logger(__name__)

STATEMENTS = 2
"""Under way at once: while PostgreSQL works on one, this process works on what came of the other."""
MOST_IN_ONE = 64
MOST_STARTS = 100_000
"""Of all calendars that are held, about 30 MB."""

_LOOK = "SELECT * FROM look_at_calendars($1, $2, $3, $4, $5, $6, $7, $8)"

Range = tuple[UUID, datetime, datetime]
BusySpans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A calendar in a range, with the starts that it offers there."""

    calendar: Calendar
    starts: Starts

    @property
    def lasting_version(self) -> int | None:
        """None while places are held: they are free at an instant that only the database knows."""
        return None if self.calendar.kept_places else self.calendar.version

    @property
    def weight(self) -> int:
        calendar = self.calendar
        return 8 + len(self.starts.ats) + len(calendar.taken) + len(calendar.time_off) + len(calendar.windows)


@dataclass(frozen=True, slots=True)
class Seen:
    """A calendar, and when the member who asked is busy: of one snapshot, which is no older than the request."""

    calendar: Calendar
    starts: Starts
    """Those of the range; none where it is not to be held."""
    busy: BusySpans
    own_holds: frozenset[int] = frozenset()
    """Starts at which a place is held for who asked, in epoch seconds."""

    def busy_here(self) -> BusySpans:
        """What of it could be in the way of one of the starts."""
        ats = self.starts.ats
        if not self.busy or not ats:
            return ()
        first, last = ats[0], ats[-1] + self.calendar.session_minutes * MINUTE
        return tuple((start, end) for start, end in self.busy if end * SECOND > first and start * SECOND < last)


@dataclass(slots=True, eq=False)
class _Asked:
    """The same question of the same actor, perhaps of several requests."""

    actor: Actor
    range: Range
    is_lasting: bool
    known: Held | None = None
    answers: list[asyncio.Future[Seen]] = field(default_factory=list)

    def answer(self, seen: Seen) -> None:
        for answer in self.answers:
            if not answer.done():
                answer.set_result(seen)

    def fail(self, failure: Exception) -> None:
        for answer in self.answers:
            if not answer.done():
                answer.set_exception(failure)


class CalendarReadings:
    """Of one server process. What is held is only ever used for the version that PostgreSQL has just named."""

    def __init__(self, direct: DirectDatabase, most_starts: int = MOST_STARTS) -> None:
        self._direct, self._most_starts = direct, most_starts
        self._waiting: dict[tuple[Any, ...], _Asked] = {}
        self._held: OrderedDict[Range, Held] = OrderedDict()
        self._weight = 0
        self._reading: set[asyncio.Task[None]] = set()
        self._is_called = False
        self.statements = 0

    async def look(
        self, actor: Actor, coach_id: UUID, since: datetime, until: datetime, *, lasting: bool = True
    ) -> Seen:
        """The calendar as it is now; raises `Forbidden` outside its audience, found or not, and `DatabaseAway`.

        What others ask at this moment is read in the same statement. A `lasting` range is kept for who asks again.
        """
        asked = (coach_id, since, until)
        who = (actor.standing, actor.user_id, actor.coach_id, actor.member_id)
        question = self._waiting.get((who, asked))
        if question is None:
            question = self._waiting[(who, asked)] = _Asked(actor, asked, lasting)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Seen] = loop.create_future()
        question.answers.append(answer)
        if not self._is_called and len(self._reading) < STATEMENTS:
            # Soon, not now: what arrived together is asked together.
            self._is_called = True
            loop.call_soon(self._begin)
        return await answer

    def _begin(self) -> None:
        self._is_called = False
        while self._waiting and len(self._reading) < STATEMENTS:
            group = [self._waiting.pop(key) for key in list(self._waiting)[:MOST_IN_ONE]]
            reading = asyncio.create_task(self._answer(group))
            self._reading.add(reading)
            reading.add_done_callback(self._end)

    def _end(self, reading: asyncio.Task[None]) -> None:
        self._reading.discard(reading)
        self._begin()

    async def _answer(self, group: Sequence[_Asked]) -> None:
        group = [question for question in group if not all(answer.cancelled() for answer in question.answers)]
        if not group:
            return
        try:
            rows = await self._rows(group)
        except DatabaseAway as away:
            for question in group:
                question.fail(away)
        except Exception as failure:
            if len(group) == 1:
                group[0].fail(failure)
                return
            log.warning("calendars could not be read together", exc_info=True)
            for question in group:
                await self._answer([question])
        else:
            found = {row["number"]: row for row in rows}
            for number, question in enumerate(group, 1):
                self._tell(question, found.get(number))

    async def _rows(self, group: Sequence[_Asked]) -> Sequence[Any]:
        """Once more on another connection if the first is lost: nothing was written."""
        columns: list[list[Any]] = [[], [], [], [], [], [], [], []]
        for question in group:
            coach_id, since, until = question.range
            question.known = self._held.get(question.range)
            known = question.known.lasting_version if question.known is not None else None
            settings = question.actor.settings()
            names = (settings["app.role"], settings["app.user_id"], settings["app.coach_id"], settings["app.member_id"])
            for column, value in zip(columns, (*names, coach_id, since - REACH, until + REACH, known), strict=True):
                column.append(value)
        for tries_left in (1, 0):
            try:
                async with self._direct.connection() as db:
                    self.statements += 1
                    return await db.fetch(_LOOK, *columns)
            except DatabaseAway:
                if not tries_left:
                    raise
        raise AssertionError

    def _tell(self, question: _Asked, row: Any) -> None:
        try:
            if row is None:
                raise Forbidden
            held = self._newest(question, row)
            busy = tuple((start, end) for start, end in row["busy"])
            question.answer(Seen(held.calendar, held.starts, busy, frozenset(row["own_holds"] or ())))
        except Exception as failure:
            question.fail(failure)

    def _newest(self, question: _Asked, row: Any) -> Held:
        """What is known if it is of the row's version, else what the row brings."""
        known, asked = question.known, question.range
        if known is not None and row["taken"] is None:
            if asked in self._held:
                self._held.move_to_end(asked)
            return known
        calendar = calendar_of(asked[0], row)
        if not question.is_lasting:
            return Held(calendar, Starts(calendar))
        starts = known.starts.moved_to(calendar) if known is not None else None
        held = Held(calendar, starts or Starts.between(calendar, asked[1], asked[2]))
        if held.starts.ats:
            self._hold(asked, held)
        return held

    def _hold(self, asked: Range, held: Held) -> None:
        """Two statements under way may end in either order: the newer one stays."""
        before = self._held.get(asked)
        if before is not None and before.calendar.version > held.calendar.version:
            return
        self._weight += held.weight - (before.weight if before is not None else 0)
        self._held[asked] = held
        self._held.move_to_end(asked)
        while self._weight > self._most_starts:
            _, dropped = self._held.popitem(last=False)
            self._weight -= dropped.weight
