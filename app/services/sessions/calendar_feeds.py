"""Feeds: whoever knows the address of one reads its owner's sessions, and nothing else."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, delete, func, or_, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, text
from app.loaders.sessions.calendar_events import event_of, events_where
from app.models.coaches import Coach
from app.models.sessions import CalendarFeed, CoachingSession, SessionStatus
from app.models.sessions.calendar_feeds import MOST_FEEDS
from app.platform.links import links_of
from app.platform.tokens import fingerprint
from app.problems import Forbidden, TooManyCalendarFeeds
from app.services.identity.permissions import require
from app.services.identity.viewing import Viewer, find_viewer
from app.services.sessions.calendar_text import Address, Method, Side, Written, calendar_text

MOST_EVENTS: Final = 5_000
_PAST, _CANCELLED_FOR = timedelta(days=90), timedelta(days=30)
_READ_NOTED_EVERY = timedelta(hours=1)
_NAME: Final = "Coaching sessions"
_WRITTEN_AS: Final = "1"
"""To be raised when the text of an event changes, so that no program keeps what was written before."""

FeedName = text(80)


class NewCalendarFeed(Form):
    name: FeedName  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class CreatedFeed:
    """`url` holds the secret, and is not to be had again. Without `PUBLIC_URL` it is the path."""

    feed: CalendarFeed
    url: str


@dataclass(frozen=True, slots=True)
class FeedMark:
    """Stays while the feed's text does: `tag` says which text it is, `changed_at` since when, if that is known."""

    tag: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FeedText:
    """What a feed's text is made of, read from the database; `bytes` takes a processor some time."""

    written: list[Written]
    side: Side
    zone: str

    def bytes(self) -> bytes:
        return calendar_text(self.written, method=Method.PUBLISH, side=self.side, zone=self.zone, name=_NAME)


async def list_calendar_feeds(db: AsyncSession, actor: Actor) -> list[CalendarFeed]:
    """One's own, oldest first; an admin's too are their own, of which there are none."""
    require(actor, "sessions:read")
    own = select(CalendarFeed).where(col(CalendarFeed.user_id) == actor.user_id)
    return list((await db.execute(own.order_by(col(CalendarFeed.created_at), col(CalendarFeed.id)))).scalars())


async def create_calendar_feed(db: AsyncSession, actor: Actor, *, form: NewCalendarFeed, now: datetime) -> CreatedFeed:
    """For whoever has sessions. Raises `TooManyCalendarFeeds`."""
    require(actor, "sessions:read")
    if actor.user_id is None or (actor.coach_id is None and actor.member_id is None):
        raise Forbidden
    taken = {feed.number for feed in await list_calendar_feeds(db, actor)}
    free = min(set(range(1, MOST_FEEDS + 1)) - taken, default=None)
    if free is None:
        raise TooManyCalendarFeeds
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        user_id=actor.user_id, number=free, name=form.name, secret_hash=fingerprint(secret), created_at=now
    )
    db.add(feed)
    await db.flush()
    path = f"/calendar/{secret}.ics"
    return CreatedFeed(feed, links_of(db).to(path) or path)


async def revoke_calendar_feed(db: AsyncSession, actor: Actor, *, feed_id: UUID) -> UUID:
    """From now on its address leads nowhere."""
    require(actor, "sessions:read")
    own = delete(CalendarFeed).where(col(CalendarFeed.id) == feed_id, col(CalendarFeed.user_id) == actor.user_id)
    if (await db.execute(own.returning(col(CalendarFeed.id)))).one_or_none() is None:
        raise Forbidden
    return feed_id


async def find_feed_reader(db: AsyncSession, *, secret: str, now: datetime) -> Viewer | None:
    """Who is read for by this secret, if they may read sessions still; for the system, which alone may look."""
    found = await db.execute(select(CalendarFeed).where(col(CalendarFeed.secret_hash) == fingerprint(secret)))
    feed = found.scalars().one_or_none()
    viewer = await find_viewer(db, feed.user_id) if feed is not None else None
    if feed is None or viewer is None or not viewer.actor.may("sessions:read"):
        return None
    if feed.last_read_at is None or now - feed.last_read_at >= _READ_NOTED_EVERY:
        await db.execute(update(CalendarFeed).where(col(CalendarFeed.id) == feed.id).values(last_read_at=now))
    return viewer


async def mark_of_feed(db: AsyncSession, viewer: Viewer, *, now: datetime) -> FeedMark:
    """Made of all that the text is made of, without the text."""
    each = cast(col(CoachingSession.id), String) + cast(col(CoachingSession.version), String) + Coach.display_name
    marks = (
        select(func.sum(func.hashtextextended(each, 0)), func.count(), func.max(CoachingSession.updated_at))
        .join(Coach, col(Coach.id) == col(CoachingSession.coach_id))
        .where(*_shown(viewer, now))
    )
    total, count, changed_at = (await db.execute(marks)).one()
    day = _day(now)
    parts = (_WRITTEN_AS, viewer.user.id, viewer.user.time_zone, links_of(db).public_url, day, total, count, changed_at)
    tag = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
    return FeedMark(tag, max(day, changed_at or day))


async def text_of_feed(db: AsyncSession, viewer: Viewer, *, now: datetime) -> FeedText:
    """The sessions of the last 90 days and to come, and those cancelled in the last 30, under the viewer's rights."""
    statement = events_where(*_shown(viewer, now)).add_columns(col(CoachingSession.coach_id))
    in_order = statement.order_by(col(CoachingSession.starts_at), col(CoachingSession.id)).limit(MOST_EVENTS)
    written = []
    for row in await db.execute(in_order):
        event = event_of(db, row[:-1])
        written.append(Written(event, Address(event.coach_name, row[-1])))
    return FeedText(written, Side.COACH if viewer.coach else Side.MEMBER, viewer.user.time_zone)


def _shown(viewer: Viewer, now: datetime) -> list[ColumnElement[bool]]:
    """Bounds move once a day, so that a mark stays for one."""
    day = _day(now)
    actor = viewer.actor
    whose = (
        col(CoachingSession.coach_id) == actor.coach_id
        if actor.coach_id is not None
        else col(CoachingSession.member_id) == actor.member_id
    )
    stands = or_(
        col(CoachingSession.status) != SessionStatus.CANCELLED,
        col(CoachingSession.cancelled_at) >= day - _CANCELLED_FOR,
    )
    return [whose, col(CoachingSession.starts_at) >= day - _PAST, stands]


def _day(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
