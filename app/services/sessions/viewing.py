"""Coaching sessions: who may see which."""

from uuid import UUID

from sqlalchemy import and_, exists, not_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.actor import Actor
from app.forms import Form, Instant
from app.models.members import Member
from app.models.sessions import CoachingSession, SessionRating, SessionStatus
from app.platform.paging import Page, PageRequest, read_merged_page, read_page
from app.problems import Forbidden
from app.services.identity.permissions import require


class SessionFilter(Form):
    """`from_` and `to` bound the start: on or after, before. Only its member is asked to rate a session."""

    coach_id: UUID | None = None
    member_id: UUID | None = None
    status: SessionStatus | None = None
    from_: Instant | None = None
    to: Instant | None = None
    awaits_rating: bool | None = None


async def access_session(db: AsyncSession, actor: Actor, session_id: UUID) -> CoachingSession:
    """The session, if the asker has a part in it or is an admin; else `Forbidden`, found or not."""
    require(actor, "sessions:read")
    session = (await db.exec(select(CoachingSession).where(CoachingSession.id == session_id))).one_or_none()
    if session is None or not may_see(actor, session):
        raise Forbidden
    return session


def may_see(actor: Actor, session: CoachingSession) -> bool:
    """Its member, its coach, the coach that the member has today, and admins."""
    if actor.is_admin or (actor.member_id is not None and actor.member_id == session.member_id):
        return True
    return actor.coach_id is not None and actor.coach_id in (session.coach_id, session.member_coach_id)


async def list_sessions(
    db: AsyncSession, actor: Actor, *, wanted: SessionFilter, page: PageRequest
) -> Page[CoachingSession]:
    """The asker's own (12.2), a coach's own and those of their members, an admin's all; in the order of their start.

    Naming a member or a coach that is not one's own to see is `Forbidden` (12.7).
    """
    require(actor, "sessions:read")
    await refuse_foreign(db, actor, wanted)
    statement = _filtered(actor, wanted).order_by(col(CoachingSession.starts_at), col(CoachingSession.id))
    if actor.member_id is not None:
        statement = statement.where(CoachingSession.member_id == actor.member_id)
    elif actor.coach_id is not None:
        held = statement.where(CoachingSession.coach_id == actor.coach_id)
        of_their_members = statement.where(CoachingSession.member_coach_id == actor.coach_id)
        return await read_merged_page(db, CoachingSession, [held, of_their_members], page)
    return await read_page(db, statement, page)


def _filtered(actor: Actor, wanted: SessionFilter) -> SelectOfScalar[CoachingSession]:
    statement = select(CoachingSession)
    if wanted.coach_id is not None:
        statement = statement.where(CoachingSession.coach_id == wanted.coach_id)
    if wanted.member_id is not None:
        statement = statement.where(CoachingSession.member_id == wanted.member_id)
    if wanted.status is not None:
        statement = statement.where(CoachingSession.status == wanted.status)
    if wanted.from_ is not None:
        statement = statement.where(CoachingSession.starts_at >= wanted.from_)
    if wanted.to is not None:
        statement = statement.where(CoachingSession.starts_at < wanted.to)
    if wanted.awaits_rating is not None:
        rated = select(SessionRating.session_id).where(SessionRating.session_id == CoachingSession.id)
        awaits = and_(
            col(CoachingSession.member_id) == actor.member_id,
            col(CoachingSession.status) == SessionStatus.COMPLETED,
            not_(exists(rated)),
        )
        statement = statement.where(awaits if wanted.awaits_rating else not_(awaits))
    return statement


async def refuse_foreign(db: AsyncSession, actor: Actor, wanted: SessionFilter) -> None:
    """Raises `Forbidden` for a member or a coach who is not the asker's to see, found or not."""
    if actor.is_admin:
        return
    if actor.member_id is not None:
        if wanted.member_id not in (None, actor.member_id):
            raise Forbidden
        return
    if actor.coach_id is None:
        raise Forbidden
    if wanted.member_id is not None:
        # Seen under the coach's own rights: a member who is theirs, or whose sessions they held.
        theirs = select(Member.id).where(Member.id == wanted.member_id, Member.coach_id == actor.coach_id)
        held = select(CoachingSession.id).where(CoachingSession.member_id == wanted.member_id).limit(1)
        if (await db.exec(theirs)).first() is None and (await db.exec(held)).first() is None:
            raise Forbidden
    elif wanted.coach_id not in (None, actor.coach_id):
        raise Forbidden
