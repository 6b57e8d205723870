"""What a user was told: the list, what is unread, and saying that it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.actor import Actor
from app.events import NotificationsChanged, emit
from app.forms import Form, Instant
from app.models.notifications import Notification
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden
from app.services.identity.permissions import require_login
from app.services.notifications.rendering import Texts, texts_of

FOLLOWED: Final = 100
"""Of what is new since a view has read, the newest that it is sent."""


class ReadUntil(Form):
    until: Instant


@dataclass(frozen=True, slots=True)
class Read:
    """What was marked as read, and what is unread now."""

    marked: int
    unread: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What a view has shown: the newest notifications, and since when they go back."""

    ids: frozenset[UUID]
    since: tuple[datetime, UUID] | None
    unread: int


@dataclass(frozen=True, slots=True)
class Followed:
    unread: int
    new: list[Notification]
    seen: Seen


async def list_notifications(
    db: AsyncSession, actor: Actor, *, unread_only: bool, page: PageRequest
) -> Page[Notification]:
    """The asker's own, newest first."""
    statement = _newest(require_login(actor))
    if unread_only:
        statement = statement.where(col(Notification.read_at).is_(None))
    return await read_page(db, statement, page)


async def access_notification(db: AsyncSession, actor: Actor, notification_id: UUID) -> Notification:
    """One of the asker's own; else `Forbidden`, found or not."""
    statement = _newest(require_login(actor)).where(Notification.id == notification_id)
    notification = (await db.exec(statement)).one_or_none()
    if notification is None:
        raise Forbidden
    return notification


async def count_unread(db: AsyncSession, actor: Actor) -> int:
    return await _unread(db, require_login(actor))


async def mark_notification_read(
    db: AsyncSession, actor: Actor, *, notification_id: UUID, now: datetime
) -> Notification:
    """One that is read already stays as it is."""
    await access_notification(db, actor, notification_id)
    await _mark(db, require_login(actor), now, col(Notification.id) == notification_id)
    return await access_notification(db, actor, notification_id)


async def mark_all_read(db: AsyncSession, actor: Actor, *, form: ReadUntil, now: datetime) -> Read:
    """Those that were recorded until then: what has come since stays unread."""
    user_id = require_login(actor)
    marked = await _mark(db, user_id, now, col(Notification.created_at) <= form.until)
    return Read(marked, await _unread(db, user_id))


async def follow_notifications(db: AsyncSession, actor: Actor, seen: Seen | None) -> Followed:
    """How many are unread, and what is new since a view has `seen` the newest; the first time nothing is."""
    user_id = require_login(actor)
    newest = list(await db.exec(_newest(user_id).limit(FOLLOWED)))
    unread = await _unread(db, user_id)
    since = (newest[-1].created_at, newest[-1].id) if len(newest) == FOLLOWED else None
    shown = Seen(frozenset(each.id for each in newest), since, unread)
    new = [] if seen is None else [each for each in reversed(newest) if _is_new(each, seen)]
    return Followed(unread, new, shown)


def _is_new(notification: Notification, seen: Seen) -> bool:
    """One that was recorded earlier than another may be seen later: its transaction took longer."""
    is_recent = seen.since is None or (notification.created_at, notification.id) > seen.since
    return is_recent and notification.id not in seen.ids


async def texts_by_notification(db: AsyncSession, ids: Sequence[UUID]) -> list[Texts | None]:
    """None where it is out of the asker's sight."""
    wanted = list(dict.fromkeys(ids))
    notifications = list(await db.exec(select(Notification).where(col(Notification.id).in_(wanted))))
    texts = await texts_of(db, notifications)
    found = {each.id: text for each, text in zip(notifications, texts, strict=True)}
    return [found.get(notification_id) for notification_id in ids]


def _newest(user_id: UUID) -> SelectOfScalar[Notification]:
    return (
        select(Notification)
        .where(Notification.user_id == user_id, col(Notification.is_listed))
        .order_by(col(Notification.created_at).desc(), col(Notification.id).desc())
    )


async def _unread(db: AsyncSession, user_id: UUID) -> int:
    statement = select(func.count()).where(
        Notification.user_id == user_id, col(Notification.is_listed), col(Notification.read_at).is_(None)
    )
    return (await db.exec(statement)).one()


async def _mark(db: AsyncSession, user_id: UUID, now: datetime, which: object) -> int:
    marked = await db.execute(
        update(Notification)
        .where(
            col(Notification.user_id) == user_id,
            col(Notification.is_listed),
            col(Notification.read_at).is_(None),
            which,  # type: ignore[arg-type]
        )
        .values(read_at=now)
        .returning(col(Notification.id))
    )
    count = len(marked.all())
    if count:
        emit(db, NotificationsChanged(user_ids=(user_id,)))
    return count
