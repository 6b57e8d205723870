"""Sessions to come, as an open view follows them: what is new, changed or gone since it was told last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import select as select_columns
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.members import Member
from app.models.sessions import CoachingSession, SessionStatus
from app.services.identity.permissions import require
from app.services.sessions.viewing import SessionFilter, refuse_foreign

MOST_FOLLOWED: Final = 500
LONGEST: Final = timedelta(hours=12)
"""That a session takes."""
STILL_FOLLOWED: Final = timedelta(days=1)
"""How long after its end a session may yet be completed, and is told of to whoever has seen it."""


class SeenSession(NamedTuple):
    """What a view remembers of a session that it has shown; the member's coach decides who sees more of the member."""

    version: int
    status: SessionStatus
    starts_at: datetime
    ends_at: datetime
    member_coach_id: UUID | None

    @classmethod
    def of(cls, session: CoachingSession) -> "SeenSession":
        return cls(session.version, session.status, session.starts_at, session.ends_at, session.member_coach_id)


@dataclass(frozen=True, slots=True)
class FollowedSessions:
    """`told` is in the order of the start; `coaches` are those in whose calendars more of it may happen."""

    told: list[CoachingSession]
    removed: list[UUID]
    seen: dict[UUID, SeenSession]
    coaches: set[UUID]


async def follow_sessions(
    db: AsyncSession, actor: Actor, *, wanted: SessionFilter, seen: Mapping[UUID, SeenSession], now: datetime
) -> FollowedSessions:
    """The next 500 sessions that are scheduled and not over, as far as they are not as they were `seen` before.

    Who was shown a session is told once how it was closed. Raises `Forbidden` where `list_sessions` does.
    """
    require(actor, "sessions:read")
    await refuse_foreign(db, actor, wanted)
    mine = _in_sight(actor, wanted)
    coming, coaches = await _coming(db, mine, now)
    differing = [key for key in {**seen, **coming} if seen.get(key) != coming.get(key)]
    found = await _read(db, mine, differing)
    told: list[CoachingSession] = []
    removed: list[UUID] = []
    kept = {key: each for key, each in coming.items() if seen.get(key) == each}
    for key in differing:
        session, before = found.get(key), seen.get(key)
        if session is None or (key not in coming and len(coming) == MOST_FOLLOWED and _is_to_come(session, now)):
            removed += [key] if before is not None else []
            continue
        is_scheduled, now_seen = session.status is SessionStatus.SCHEDULED, SeenSession.of(session)
        if now_seen != before and (is_scheduled or before is not None):
            told.append(session)
        if is_scheduled and session.ends_at > now - STILL_FOLLOWED:
            kept[key] = now_seen
    told.sort(key=lambda session: (session.starts_at, session.id))
    return FollowedSessions(told, removed, kept, coaches | await _own_coaches(db, actor, wanted))


def _in_sight(actor: Actor, wanted: SessionFilter) -> list[ColumnElement[bool]]:
    """The rule of `list_sessions`."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.coach_id is not None:
        conditions.append(col(CoachingSession.coach_id) == wanted.coach_id)
    if wanted.member_id is not None:
        conditions.append(col(CoachingSession.member_id) == wanted.member_id)
    if actor.member_id is not None:
        conditions.append(col(CoachingSession.member_id) == actor.member_id)
    elif actor.coach_id is not None:
        held = col(CoachingSession.coach_id) == actor.coach_id
        conditions.append(or_(held, col(CoachingSession.member_coach_id) == actor.coach_id))
    return conditions


async def _coming(
    db: AsyncSession, mine: Iterable[ColumnElement[bool]], now: datetime
) -> tuple[dict[UUID, SeenSession], set[UUID]]:
    """In order, and whose calendars they are in: a few columns, because most have been seen as they are."""
    statement = (
        select_columns(
            col(CoachingSession.id),
            col(CoachingSession.coach_id),
            col(CoachingSession.version),
            col(CoachingSession.status),
            col(CoachingSession.starts_at),
            col(CoachingSession.ends_at),
            col(CoachingSession.member_coach_id),
        )
        .where(
            *mine,
            col(CoachingSession.status) == SessionStatus.SCHEDULED,
            col(CoachingSession.starts_at) > now - LONGEST,
            col(CoachingSession.ends_at) > now,
        )
        .order_by(col(CoachingSession.starts_at), col(CoachingSession.id))
        .limit(MOST_FOLLOWED)
    )
    rows = (await db.execute(statement)).all()
    return {row[0]: SeenSession(*row[2:]) for row in rows}, {row[1] for row in rows}


async def _read(db: AsyncSession, mine: Iterable[ColumnElement[bool]], keys: list[UUID]) -> dict[UUID, CoachingSession]:
    if not keys:
        return {}
    found = await db.exec(select(CoachingSession).where(*mine, col(CoachingSession.id).in_(keys)))
    return {session.id: session for session in found}


def _is_to_come(session: CoachingSession, now: datetime) -> bool:
    return session.status is SessionStatus.SCHEDULED and session.ends_at > now


async def _own_coaches(db: AsyncSession, actor: Actor, wanted: SessionFilter) -> set[UUID]:
    """Who books a session more is most likely told of it in the calendar of one of these."""
    if wanted.coach_id is not None:
        return {wanted.coach_id}
    own = (await db.exec(select(Member.coach_id).where(Member.id == wanted.member_id))).one_or_none()
    return {each for each in (own, actor.coach_id) if each is not None}
