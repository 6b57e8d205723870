"""What one operation carries: who asks, the clock, loaders, and the way to the database."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession
from strawberry.dataloader import DataLoader

from app.actor import STRANGER, SYSTEM, Actor
from app.events import HINTS, CalendarChanged, emitted
from app.live.calendars import LiveCalendars
from app.live.views import LiveViews
from app.models.outbox import entries
from app.models.scheduling import SessionSeries, SlotHold
from app.models.sessions import CoachingSession
from app.platform.bell import Bell
from app.platform.clock import Clock
from app.platform.database import Database, lost_a_race
from app.platform.direct import DirectDatabase
from app.platform.keys import Keys
from app.platform.links import Links
from app.platform.outside import Outside
from app.platform.passwords import Passwords
from app.problems import Problem, TryAgain, Unauthenticated
from app.services.identity.login import TokenMaking, log_out
from app.services.notifications.leaving import Leaving
from app.services.privacy import NoKeyYet, key_for_member
from app.services.scheduling import (
    Booked,
    BookSeries,
    BookSession,
    CalendarReadings,
    CalendarWriter,
    ChangeSeries,
    ChangeSession,
    HoldSlot,
    SeriesChanged,
    SlotChanges,
)

log = structlog.get_logger(__name__)

Given = ParamSpec("Given")
Result = TypeVar("Result")
Key = TypeVar("Key")
Service = Callable[Concatenate[AsyncSession, Actor, Given], Awaitable[Result]]
Look = Callable[Concatenate[CalendarReadings, Actor, Given], Awaitable[Result]]

TRIES = 5


@dataclass(frozen=True, slots=True)
class House:
    """What a server process has once, and every operation uses."""

    database: Database
    direct: DirectDatabase
    live: LiveCalendars
    views: LiveViews
    readings: CalendarReadings
    calendars: CalendarWriter
    passwords: Passwords
    token_making: TokenMaking
    clock: Clock
    keys: Keys
    links: Links
    outside: Outside
    bell: Bell
    leaving: Leaving


@dataclass(slots=True)
class Context:
    """Of one request, or of one websocket; loaders keep nothing between batches, so a long socket sees today's rows."""

    house: House
    actor: Actor = STRANGER
    actor_until: datetime | None = None
    connection_params: dict[str, Any] | None = None
    _loaders: dict[Callable[..., Any], DataLoader[Any, Any]] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.house.clock()

    def asking(self) -> Actor:
        """The actor; raises `Unauthenticated` once the access token that a websocket was opened with has expired."""
        if self.actor_until is not None and self.actor_until <= self.now():
            raise Unauthenticated("The access token has expired; connect again with a new one")
        return self.actor

    async def read(self, service: Service[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """One service call in a short read-only transaction under the asker's rights."""
        actor = self.asking()
        _note_admin(actor, service)
        async with self.house.database.transaction(actor.settings(), read_only=True) as db:
            return await service(db, actor, *args, **kwargs)

    async def look(self, service: Look[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """One service call that reads calendars in one statement, together with what others ask at this moment."""
        actor = self.asking()
        _note_admin(actor, service)
        return await service(self.house.readings, actor, *args, **kwargs)

    async def write(self, service: Service[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """One service call in one transaction under the asker's rights; what it emitted is told after the commit.

        The first thing that a member has under a key waits until the system has made the key.
        """
        actor = self.asking()
        _note_admin(actor, service)

        async def once() -> Result:
            async with self.unit_of_work(actor) as db:
                return await service(db, actor, *args, **kwargs)

        try:
            return await self.until_no_race(once)
        except NoKeyYet as missing:
            async with self.unit_of_work() as db:
                await key_for_member(db, missing.member_id)
        return await self.until_no_race(once)

    async def book(self, form: BookSession) -> Booked:
        """In the turn of the calendar, together with what others ask of it at this moment."""
        actor = self.asking()
        _note_admin(actor, self.book)
        return await self.house.calendars.book(actor, form, self.now())

    async def hold(self, form: HoldSlot) -> SlotHold:
        """The same for a place that is not booked yet."""
        actor = self.asking()
        return await self.house.calendars.hold(actor, form, self.now())

    async def change(self, form: ChangeSession) -> CoachingSession:
        """The same for a session that there is."""
        actor = self.asking()
        _note_admin(actor, self.change)
        return await self.house.calendars.change(actor, form, self.now())

    async def book_series(self, form: BookSeries) -> SessionSeries:
        """The same for a slot every week, or every second one."""
        actor = self.asking()
        _note_admin(actor, self.book_series)
        return await self.house.calendars.book_series(actor, form, self.now())

    async def change_series(self, form: ChangeSeries) -> SeriesChanged:
        """The same for several sessions of a series."""
        actor = self.asking()
        _note_admin(actor, self.change_series)
        return await self.house.calendars.change_series(actor, form, self.now())

    async def change_each(self, wanted: SlotChanges) -> list[Problem | None]:
        """The same for several of one calendar, and what became of each."""
        actor = self.asking()
        _note_admin(actor, self.change_each)
        return await self.house.calendars.change_each(actor, wanted.coach_id, wanted.changes, self.now())

    async def until_no_race(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Runs work again that lost a race (deadlock, serialisation, a constraint that another's commit made true).

        The second look finds what the other wrote, and refuses for a reason that has a name. Raises `TryAgain`.
        """
        for tried in range(TRIES):
            try:
                return await work()
            except DBAPIError as failure:
                if not lost_a_race(failure):
                    raise
                log.info("write lost a race", tried=tried + 1, cause=str(failure.orig))
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**tried)
        raise TryAgain

    @asynccontextmanager
    async def unit_of_work(self, actor: Actor = SYSTEM) -> AsyncIterator[AsyncSession]:
        """A transaction that commits what was done and what is to be told of it, and then tells the open views.

        A problem that keeps its writes is raised after the commit.
        """
        refused: Problem | None = None
        async with self.house.database.transaction(actor.settings()) as db:
            try:
                yield db
            except Problem as problem:
                if not problem.keeps_writes:
                    raise
                refused = problem
            happened = emitted(db)
            if facts := [event for event in happened if not isinstance(event, HINTS)]:
                await db.execute(entries(facts))
        if facts:
            self.house.bell.ring()
        for event in happened:
            if isinstance(event, CalendarChanged):
                self.house.live.tell(event.coach_id, event.version)
            else:
                self.house.views.tell_of(event)
        if refused is not None:
            raise refused

    def load(
        self, batch: Callable[[AsyncSession, list[Key]], Awaitable[Sequence[Result]]], key: Key
    ) -> Awaitable[Result]:
        """A relation's value, read together with those of its siblings in one statement."""
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = DataLoader(load_fn=partial(self.load_column, batch), cache=False)
        return loader.load(key)

    async def load_column(
        self, batch: Callable[[AsyncSession, list[Key]], Awaitable[Sequence[Result]]], keys: list[Key]
    ) -> Sequence[Result]:
        """A relation's values for many parents in one statement, under the asker's rights."""
        actor = self.asking()
        async with self.house.database.transaction(actor.settings(), read_only=True) as db:
            return await batch(db, keys)

    async def log_out(self) -> bool:
        """The policies let nobody write log-ins but the system, which acts here for the actor."""
        actor = self.asking()
        async with self.unit_of_work() as db:
            return await log_out(db, actor, now=self.now())


def _note_admin(actor: Actor, service: Callable[..., object]) -> None:
    """An admin sees everything, and each access is logged."""
    if actor.is_admin:
        log.info("admin access", user_id=str(actor.user_id), service=getattr(service, "__name__", "unnamed"))
