"""Views that show what is their viewer's alone. A view may be late, never wrong.

What a view shows says, by a `Key`, whose mark moves whenever it changes. Marks are compared in one statement for all
that may have moved: after each hint, after hints were lost, and every few seconds. Only a view whose mark has moved
reads, in a transaction of its own under its viewer's rights, and is told what is new since it was told last.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import SYSTEM, Actor
from app.events import (
    BreakthroughConfirmed,
    BreakthroughDetected,
    BreakthroughDismissed,
    CoachAssigned,
    CoherenceScored,
    Event,
    NotificationsChanged,
    RecommendationsChanged,
    RiskAlertsChanged,
    SessionBooked,
    WaitingListJoined,
)
from app.live.calendars import AWAY, READ_AT_ONCE
from app.live.hints import Hints, channel_of, version_in
from app.live.ranges import token_expired
from app.platform.bus import Bus
from app.platform.clock import Clock
from app.platform.database import Database
from app.problems import RateLimited
from app.services.notifications import FOLLOWED
from app.services.scheduling.calendars import REACH

log = structlog.get_logger(__name__)

Message = TypeVar("Message")

MOST_VIEWS: Final = 2_000
MOST_OF_ONE_USER: Final = 100

EVERYBODY: Final = UUID(int=0)
"""The id in the key of a view that shows what concerns the whole practice."""

_UNRESOLVED = "hashtextextended(string_agg(concat(a.id, a.status, a.step, a.member_coach_id), ',' ORDER BY a.id), 0)"

MARKS: Final = {
    "calendar": text(
        "SELECT k.coach_id AS id, k.version, (SELECT count(*) + count(a.ended_at) FROM assignments a"
        " WHERE a.coach_id = k.coach_id) FROM coach_calendars k WHERE k.coach_id = ANY(:ids)"
    ),
    "member": text(
        "SELECT m.id, m.coach_id, (SELECT hashtextextended(string_agg(concat(s.id, s.version, s.status), ','"
        " ORDER BY s.starts_at, s.id), 0) FROM sessions s WHERE s.member_id = m.id AND s.starts_at > :since)"
        " FROM members m WHERE m.id = ANY(:ids)"
    ),
    "waiting": text(
        "SELECT e.member_id, hashtextextended(string_agg(concat(e.id, e.status, (SELECT count(*)"
        " FROM waiting_list_entries before WHERE before.coach_id = e.coach_id AND before.starts_at = e.starts_at"
        " AND before.status = 'WAITING' AND before.place < e.place)), ',' ORDER BY e.id), 0)"
        " FROM waiting_list_entries e WHERE e.member_id = ANY(:ids) AND e.status IN ('WAITING', 'OFFERED')"
        " GROUP BY e.member_id"
    ),
    "notifications": text(
        "SELECT u.id, (SELECT count(*) FROM notifications n WHERE n.user_id = u.id AND n.is_listed"
        " AND n.read_at IS NULL), (SELECT sum(hashtextextended(newest.id::text, 0)) FROM (SELECT n.id"
        " FROM notifications n WHERE n.user_id = u.id AND n.is_listed ORDER BY n.created_at DESC, n.id DESC"
        f" LIMIT {FOLLOWED}) AS newest) FROM users u WHERE u.id = ANY(:ids)"
    ),
    "coherence": text(
        "SELECT m.id, m.coach_id, (SELECT max(s.calculated_at) FROM coherence_scores s WHERE s.member_id = m.id),"
        " (SELECT sum(hashtextextended(concat(b.id, b.status), 0)) FROM breakthroughs b WHERE b.member_id = m.id)"
        " FROM members m WHERE m.id = ANY(:ids)"
    ),
    "risk": text(
        f"SELECT a.member_coach_id, {_UNRESOLVED} FROM risk_alerts a"
        " WHERE a.member_coach_id = ANY(:ids) AND a.status <> 'RESOLVED' GROUP BY a.member_coach_id"
    ),
    "risks": text(
        f"SELECT k.id, (SELECT {_UNRESOLVED} FROM risk_alerts a WHERE a.status <> 'RESOLVED')"
        " FROM unnest(CAST(:ids AS uuid[])) AS k(id)"
    ),
    "recommendations": text(
        "SELECT m.id, m.coach_id, (SELECT hashtextextended(string_agg(concat_ws(' ', r.id, r.status, r.wording,"
        " r.priority, r.title, r.text, r.member_intervention_id, r.rated_at), ',' ORDER BY r.id), 0)"
        " FROM recommendations r WHERE r.member_id = m.id AND r.status NOT IN ('REJECTED', 'SUPERSEDED'))"
        " FROM members m WHERE m.id = ANY(:ids)"
    ),
}
"""Of each kind of key, what moves when it changes; the version first, where hints say one. A coach's members count,
because of them more is seen. Of a member's sessions, those of old are left out; of notifications count the newest ones,
which a view is sent, and how many are unread."""


class Key(NamedTuple):
    """What hints are told of, and marks are compared of."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Told(Generic[Message]):
    """What one reading found: what is new, the first time a snapshot; and what the next reading compares with.

    `follows` are keys that it is worth a look to hear of, besides the view's own.
    """

    message: Message | None
    seen: Any
    follows: AbstractSet[Key] = frozenset()


# Given what was seen before, the first time None. It runs under the viewer's rights, and raises what ends the view.
Read: TypeAlias = Callable[[AsyncSession, Actor, datetime, Any], Awaitable[Told[Message]]]

_UNREAD: Final = ("unread",)


class _View:
    __slots__ = ("follows", "key", "mark", "user_id", "woken")

    def __init__(self, key: Key, user_id: UUID | None) -> None:
        self.key, self.user_id = key, user_id
        self.follows: AbstractSet[Key] = frozenset()
        self.mark: tuple[Hashable, ...] | None = _UNREAD
        """What the view has read, or is just about to; none for what is not there."""
        self.woken = asyncio.Event()

    def has_read(self, version: int | None) -> bool:
        known = self.mark[0] if self.mark else None
        return version is not None and isinstance(known, int) and version <= known


class _Followed:
    """A key whose hints are heard for some views."""

    def __init__(self) -> None:
        self.views: set[_View] = set()
        self.is_listening = False
        self.follower: asyncio.Task[None] | None = None


class LiveViews:
    """All views of a process but those of slots, at most `MOST_VIEWS`; `READ_AT_ONCE` of them read at a time."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, sweep_seconds: float = 10.0) -> None:
        self._database, self._bus, self._clock = database, bus, clock
        self._hints = Hints(bus)
        self._connections = asyncio.Semaphore(READ_AT_ONCE)
        self._sweep_seconds = sweep_seconds
        self._followed: dict[Key, _Followed] = {}
        self._views: set[_View] = set()
        self._to_look_at: set[Key] = set()
        self._looker: asyncio.Task[None] | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.readings = 0

    def start(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep_for_ever())

    async def stop(self) -> None:
        followers = [followed.follower for followed in self._followed.values()]
        running = [task for task in (self._sweeper, self._looker, *followers) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, self._hints.stop(), return_exceptions=True)

    @property
    def open_views(self) -> int:
        return len(self._views)

    def tell(self, key: Key) -> None:
        """Something of this key has changed: wakes the views of this process, and hints to the others."""
        self.hear(key)
        self._hints.tell(key.id, 0, key.kind)

    def tell_of(self, event: Event) -> None:
        """Of what has been committed: those who hear of it by no calendar's new version."""
        match event:
            case CoachAssigned():
                self.tell_member(event.member_id)
                self.tell(Key("coherence", event.member_id))
                self.tell(Key("recommendations", event.member_id))
                for coach_id in (event.coach_id, event.previous_coach_id):
                    if coach_id is not None:
                        self.tell(Key("calendar", coach_id))
                        self.tell(Key("risk", coach_id))
                self.tell(Key("risks", EVERYBODY))
            case SessionBooked():
                self.tell_member(event.member_id)
            case RecommendationsChanged():
                self.tell(Key("recommendations", event.member_id))
            case WaitingListJoined():
                self.tell(Key("waiting", event.member_id))
            case CoherenceScored() | BreakthroughDetected() | BreakthroughConfirmed() | BreakthroughDismissed():
                self.tell(Key("coherence", event.member_id))
            case NotificationsChanged():
                for user_id in event.user_ids:
                    self.tell(Key("notifications", user_id))
            case RiskAlertsChanged():
                if event.coach_id is not None:
                    self.tell(Key("risk", event.coach_id))
                self.tell(Key("risks", EVERYBODY))

    def tell_member(self, member_id: UUID) -> None:
        """A session of theirs has changed, perhaps with somebody else than their coach."""
        self.tell(Key("member", member_id))

    def hear_calendar(self, coach_id: UUID, version: int) -> None:
        """The others are told already."""
        self.hear(Key("calendar", coach_id), version)

    def hear(self, key: Key, version: int | None = None) -> None:
        """A hint, of this process or another one."""
        followed = self._followed.get(key)
        if followed is not None:
            self._look_soon(view.key for view in followed.views if view.key != key or not view.has_read(version))

    async def follow(
        self, actor: Actor, key: Key, read: Read[Message], actor_until: datetime | None = None
    ) -> AsyncGenerator[Message, None]:
        """A snapshot, then what changes; ends with `Forbidden` or `Unauthenticated` once the actor may not see it.

        The mark of `key` moves with everything that is shown. Raises `RateLimited` for one view too many.
        """
        self._confirm_room(actor)
        view = _View(key, actor.user_id)
        self._views.add(view)
        seen: Any = None
        try:
            self._hear_of(view, {key})
            while True:
                await view.woken.wait()
                view.woken.clear()
                try:
                    told = await self._told(actor, read, seen)
                except AWAY:
                    if seen is None:
                        raise
                    await self._try_later(view)
                    continue
                if actor_until is not None and actor_until <= self._clock():
                    raise token_expired()
                seen = told.seen  # not before: a reading whose transaction has failed has told nothing
                self._hear_of(view, {key, *told.follows})
                if told.message is not None:
                    yield told.message
        finally:
            self._hear_of(view, frozenset())
            self._views.discard(view)

    def _confirm_room(self, actor: Actor) -> None:
        """Raises `RateLimited` where this would be one view too many."""
        own = sum(view.user_id == actor.user_id for view in self._views)
        if own >= MOST_OF_ONE_USER or len(self._views) >= MOST_VIEWS:
            log.warning("a view was refused: too many are open", views=len(self._views), of_the_user=own)
            raise RateLimited("Too many views are open at this time; close some, or wait a moment")

    async def _told(self, actor: Actor, read: Read[Message], seen: Any) -> Told[Message]:
        async with self._connections, self._database.transaction(actor.settings(), read_only=True) as db:
            self.readings += 1
            return await read(db, actor, self._clock(), seen)

    async def _try_later(self, view: _View) -> None:
        log.warning("a view could not be told what is new; it tries on", of=view.key.kind, exc_info=True)
        await asyncio.sleep(random.uniform(0.5, 1.5))
        view.woken.set()

    # Whose hints are heard

    def _hear_of(self, view: _View, keys: AbstractSet[Key]) -> None:
        """From now on of these and no others. What happened before they are heard is looked for once they are."""
        before, view.follows = view.follows, keys
        for key in before - keys:
            followed = self._followed[key]
            followed.views.discard(view)
            if not followed.views:
                del self._followed[key]
                if followed.follower is not None:
                    followed.follower.cancel()
        for key in keys - before:
            if (known := self._followed.get(key)) is None:
                known = self._followed[key] = _Followed()
                known.follower = asyncio.create_task(self._listen(key, known))
            known.views.add(view)
            if known.is_listening:
                self._look_soon([view.key])

    async def _listen(self, key: Key, followed: _Followed) -> None:
        """Hears the hints of other processes; a lost or unreadable one is as good as any."""
        async with self._bus.listen(channel_of(key.id, key.kind)) as hints:
            followed.is_listening = True
            self._look_soon(view.key for view in followed.views)
            async for hint in hints:
                self.hear(key, version_in(hint) or None)

    # What has changed

    def _look_soon(self, keys: Iterable[Key]) -> None:
        """What comes while marks are compared is compared together, next."""
        self._to_look_at.update(keys)
        if self._to_look_at and (self._looker is None or self._looker.done()):
            self._looker = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._to_look_at:
            keys, self._to_look_at = self._to_look_at, set()
            await self._compare(keys)

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_seconds)
            self._look_soon({view.key for view in self._views})

    async def _compare(self, keys: Collection[Key]) -> None:
        """Wakes the views whose mark is not what they have read."""
        try:
            marks = await self._marks(keys)
        except Exception:  # the database is away: the next sweep looks again, and who has seen nothing is told so
            log.warning("open views could not be compared with the database", exc_info=True)
            for view in self._views_of(keys):
                if view.mark is _UNREAD:
                    view.woken.set()
            return
        for view in self._views_of(keys):
            mark = marks.get(view.key)
            if mark != view.mark:
                view.mark = mark
                view.woken.set()

    async def _marks(self, keys: Collection[Key]) -> dict[Key, tuple[Hashable, ...]]:
        """One statement for each kind, for nobody in particular: a mark says nothing of what it is of."""
        marks: dict[Key, tuple[Hashable, ...]] = {}
        async with self._database.transaction(SYSTEM.settings(), read_only=True) as db:
            for kind in {key.kind for key in keys}:
                asked: dict[str, Any] = {"ids": [key.id for key in keys if key.kind == kind]}
                rows = await db.execute(MARKS[kind], asked | {"since": self._clock() - REACH})
                marks |= {Key(kind, row[0]): tuple(row[1:]) for row in rows}
        return marks

    def _views_of(self, keys: Iterable[Key]) -> list[_View]:
        known = [(key, self._followed[key]) for key in keys if key in self._followed]
        return [view for key, followed in known for view in followed.views if view.key == key]
