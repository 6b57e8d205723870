"""What happened becomes what people are told: who that is, is asked of the rows as they are when it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import (
    ActionItemAdded,
    BookingRejected,
    CoachAssigned,
    Event,
    Happened,
    JournalEntryShared,
    OfMember,
    PlaceOffered,
    RecommendationSent,
    SessionCancelled,
    SessionNoteShared,
    SessionPlanReminderDue,
    SessionPlanShared,
    SessionRescheduled,
)
from app.models.identity import Role
from app.services.notifications.recording import Record, record
from app.services.notifications.reminders import skip_outdated_reminders
from app.services.notifications.table import TABLE
from app.services.scheduling import Unavailable


@dataclass(slots=True)
class _Parties:
    """The users of an event's member and coach, and its session, as they are now."""

    users: dict[Role, UUID]
    members_coach_id: UUID | None
    user_of_members_coach: UUID | None
    session: Mapping[str, Any] = field(default_factory=dict)


async def tell(db: AsyncSession, happened: Happened, *, now: datetime) -> int:
    """Each active user whom the table names, once however often it is called; how many were told now.

    To be called as the system.
    """
    event = happened.read()
    parties = await _parties(db, event)
    if parties is None:
        return 0
    if isinstance(event, SessionRescheduled | SessionCancelled):
        await skip_outdated_reminders(db, event.session_id)
    facts = await _facts(db, event, parties)
    users = await _told(db, event, parties)
    records = [
        Record(users[telling.to], telling.kind, f"event:{happened.id}", facts, parties.session.get("id"))
        for telling in TABLE
        if isinstance(event, telling.event or ()) and telling.to in users
    ]
    return await record(db, records, now=now)


async def _told(db: AsyncSession, event: Event, parties: _Parties) -> dict[Role, UUID]:
    """Of the parties those who are told: nobody of what is not so any more, and no former coach of what came later."""
    users = dict(parties.users)
    match event:
        case JournalEntryShared() if not await _is_so(db, _IS_SHARED_ENTRY, event.journal_entry_id):
            return {}
        case RecommendationSent() if not await _is_so(db, _IS_SENT, event.recommendation_id):
            return {}
        case OfMember() if parties.members_coach_id != event.coach_id:
            users.pop(Role.COACH, None)
        case ActionItemAdded() if event.added_by_user_id == users[Role.MEMBER]:
            return {}
        case BookingRejected() if event.reason != Unavailable.FULL:
            return {}
        case CoachAssigned() if parties.members_coach_id != event.coach_id:
            return {}
        case PlaceOffered() if not await _is_so(db, _IS_OFFERED, event.hold_id):
            return {}
        case SessionPlanShared() | SessionPlanReminderDue() if not await _is_so(db, _IS_SHARED, event.plan_id):
            return {}
        case SessionPlanReminderDue() if parties.session.get("status") != "SCHEDULED":
            return {}
        case SessionNoteShared():
            note = (await db.execute(_NOTE, {"id": event.note_id})).one_or_none()
            if note is None:
                return {}
            if event.author_user_id != users[Role.MEMBER]:
                return {Role.MEMBER: users[Role.MEMBER]}
            coach = parties.user_of_members_coach if note.is_later else users[Role.COACH]
            return {Role.COACH: coach} if coach is not None else {}
    return users


async def _facts(db: AsyncSession, event: Event, parties: _Parties) -> dict[str, Any]:
    """The event's own, and where its session stands; of one that was moved since, how long it lasted then."""
    facts = event.model_dump(mode="json")
    if "to_starts_at" in facts:
        facts["starts_at"] = facts.pop("to_starts_at")
    if isinstance(event, BookingRejected):
        facts["starts_at"] = (await db.execute(_ASKED_FOR, {"id": event.booking_id})).scalar_one().isoformat()
    if parties.session:
        starts_at = datetime.fromisoformat(facts.setdefault("starts_at", parties.session["starts_at"].isoformat()))
        lasts = parties.session["ends_at"] - parties.session["starts_at"]
        facts |= {"ends_at": (starts_at + lasts).isoformat(), "version": parties.session["version"]}
    return facts


async def _parties(db: AsyncSession, event: Event) -> _Parties | None:
    """None where one of them is gone."""
    named = event.model_dump()
    asked = {name: named.get(f"{name}_id") for name in ("member", "coach", "session")}
    found = (await db.execute(_PARTIES, asked)).mappings().one_or_none()
    if found is None:
        return None
    session = {name: found[name] for name in ("id", "status", "starts_at", "ends_at", "version")}
    return _Parties(
        {role: found[name] for role, name in _COLUMNS.items() if found[name] is not None},
        found["members_coach_id"],
        found["user_of_members_coach"],
        session if session["id"] is not None else {},
    )


async def _is_so(db: AsyncSession, asked: Any, id: UUID) -> bool:
    return (await db.execute(asked, {"id": id})).first() is not None


_COLUMNS: Final = {Role.MEMBER: "member_user", Role.COACH: "coach_user"}
_PARTIES: Final = text(
    "SELECT m.user_id AS member_user, k.user_id AS coach_user, m.coach_id AS members_coach_id,"
    " mk.user_id AS user_of_members_coach, s.id, s.status, s.starts_at, s.ends_at, s.version"
    " FROM members m LEFT JOIN coaches k ON k.id = CAST(:coach AS uuid) LEFT JOIN coaches mk ON mk.id = m.coach_id"
    " LEFT JOIN sessions s ON s.id = CAST(:session AS uuid) WHERE m.id = :member"
)
_ASKED_FOR: Final = text("SELECT starts_at FROM bookings WHERE id = :id")
_IS_OFFERED: Final = text("SELECT 1 FROM slot_holds WHERE id = :id")
_IS_SHARED: Final = text("SELECT 1 FROM session_plans WHERE id = :id AND is_shared")
_IS_SHARED_ENTRY: Final = text("SELECT 1 FROM journal_entries WHERE id = :id AND is_shared")
_IS_SENT: Final = text("SELECT 1 FROM recommendations WHERE id = :id AND status IN ('SENT', 'COMPLETED')")
_NOTE: Final = text("SELECT is_later FROM session_notes WHERE id = :id AND visibility = 'SHARED' AND NOT is_draft")
