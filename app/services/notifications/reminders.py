"""Reminders of sessions, by a scan: what is due is asked of the sessions as they stand, and nothing else is kept.

Whoever books or moves a session when a reminder of it would be due already is not given it: they have just heard of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.notifications import NotificationKind
from app.services.notifications.recording import Record, record

AT_ONCE: Final = 500
"""Sessions whose reminders are recorded in one transaction; nobody changes them in its time."""

LOOK_BACK: Final = timedelta(days=1)
"""Of sessions that began longer ago unreminded, it is not said any more."""

HAD_BEGUN: Final = "The session had begun before anybody could be reminded"
OVERTAKEN: Final = "So late that the reminder of one hour before is given instead"
OUTDATED: Final = "The session was moved or called off"


@dataclass(frozen=True, slots=True)
class Reminder:
    """Given `before` the start; as late as `overtaken_at` before it, it is not given any more."""

    kind: NotificationKind
    before: timedelta
    overtaken_at: timedelta


REMINDERS: Final = (
    Reminder(NotificationKind.SESSION_REMINDER_24_HOURS, timedelta(hours=24), timedelta(hours=1)),
    Reminder(NotificationKind.SESSION_REMINDER_1_HOUR, timedelta(hours=1), timedelta()),
)


@dataclass(frozen=True, slots=True)
class DueReminders:
    """How many sessions wait for a reminder that is due, and since when the one that is due longest is."""

    count: int
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """How far a scan has come."""

    starts_at: datetime
    session_id: UUID

    @classmethod
    def first(cls, now: datetime) -> "Place":
        return cls(now - LOOK_BACK, UUID(int=0))


async def remind(db: AsyncSession, reminder: Reminder, behind: Place, *, now: datetime) -> Place | None:
    """Records the next reminders that are due, behind a place; the place it has come to, None at the end.

    To be called as the system. Two at the same time take different sessions.
    """
    asked = {
        "kind": reminder.kind,
        "before": reminder.before,
        "until": now + reminder.before,
        "starts_at": behind.starts_at,
        "session_id": behind.session_id,
        "most": AT_ONCE,
    }
    due = (await db.execute(_DUE, asked)).mappings().all()
    await record(db, [each for session in due for each in _records(reminder, session, now)], now=now)
    return Place(due[-1]["starts_at"], due[-1]["id"]) if len(due) == AT_ONCE else None


def _records(reminder: Reminder, session: Any, now: datetime) -> list[Record]:
    """For its coach and its member."""
    skipped = None
    if session["starts_at"] <= now:
        skipped = HAD_BEGUN
    elif session["starts_at"] <= now + reminder.overtaken_at:
        skipped = OVERTAKEN
    facts = {
        "session_id": session["id"],
        "coach_id": session["coach_id"],
        "member_id": session["member_id"],
        "starts_at": session["starts_at"],
        "ends_at": session["ends_at"],
        "version": session["version"],
    }
    occasion = f"reminder:{session['id']}:{session['version']}"
    users = (session["coach_user"], session["member_user"])
    return [Record(user_id, reminder.kind, occasion, facts, session["id"], skipped) for user_id in users]


async def skip_outdated_reminders(db: AsyncSession, session_id: UUID) -> int:
    """Of a session that was moved or called off, those that were not handed over yet; how many."""
    kinds = [*(reminder.kind for reminder in REMINDERS), NotificationKind.PLAN_REMINDER]
    skipped = await db.execute(_SKIP, {"session_id": session_id, "kinds": kinds, "why": OUTDATED})
    return len(skipped.all())


async def due_reminders(db: AsyncSession, now: datetime) -> DueReminders:
    """What no scan has come to yet."""
    count, oldest = 0, None
    for reminder in REMINDERS:
        asked = {"kind": reminder.kind, "before": reminder.before, "until": now + reminder.before, "now": now}
        waiting, first = (await db.execute(_WAITING, asked)).one()
        count += waiting
        if first is not None:
            oldest = min(oldest or first - reminder.before, first - reminder.before)
    return DueReminders(count, oldest)


_LACKS = """
    s.status = 'SCHEDULED' AND s.starts_at <= :until
    AND NOT EXISTS (
      SELECT FROM notifications n WHERE n.session_id = s.id AND n.kind = :kind
        AND n.occasion = 'reminder:' || s.id || ':' || s.version)
    AND NOT EXISTS (
      SELECT FROM session_changes c WHERE c.session_id = s.id AND c.version = s.version
        AND c.changed_at >= s.starts_at - CAST(:before AS interval))
    AND EXISTS (
      SELECT FROM users u WHERE u.is_active AND u.id IN (
        (SELECT c.user_id FROM coaches c WHERE c.id = s.coach_id),
        (SELECT p.user_id FROM members p WHERE p.id = s.member_id)))
"""
# Locked, so that who moves or calls off one of them afterwards finds what was recorded.
_DUE: Final = text(
    "SELECT s.id, s.coach_id, s.member_id, s.starts_at, s.ends_at, s.version, k.user_id AS coach_user,"
    " m.user_id AS member_user FROM sessions s JOIN coaches k ON k.id = s.coach_id JOIN members m ON m.id = s.member_id"
    f" WHERE {_LACKS} AND (s.starts_at, s.id) > (:starts_at, :session_id)"
    " ORDER BY s.starts_at, s.id LIMIT :most FOR NO KEY UPDATE OF s SKIP LOCKED"
)
_WAITING: Final = text(f"SELECT count(*), min(s.starts_at) FROM sessions s WHERE {_LACKS} AND s.starts_at > :now")
_SKIP: Final = text(
    "UPDATE deliveries d SET status = 'SKIPPED', reason = :why FROM notifications n JOIN sessions s"
    " ON s.id = n.session_id WHERE n.id = d.notification_id AND d.status = 'PENDING' AND n.session_id = :session_id"
    " AND n.kind = ANY(:kinds) AND (s.status <> 'SCHEDULED' OR CAST(n.facts ->> 'version' AS integer) < s.version)"
    " RETURNING d.id"
)
