"""Calendar events: the asker's own, and an invitation to one for a mail."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant
from app.loaders.sessions import calendar_events_by_session
from app.loaders.sessions.calendar_events import CalendarEvent
from app.models.coaches import Coach
from app.models.identity import User
from app.models.members import Member
from app.models.sessions import CoachingSession
from app.platform.mail import Attachment
from app.platform.paging import Page, PageRequest, read_page
from app.problems import InvalidInput
from app.services.identity.permissions import require
from app.services.sessions.calendar_text import Address, Method, Side, Written, calendar_text
from app.services.sessions.viewing import SessionFilter as Whose
from app.services.sessions.viewing import refuse_foreign


class CalendarQuestion(Form):
    """Events that lie in [`from_`, `to`) or reach into it."""

    coach_id: UUID | None = None
    member_id: UUID | None = None
    from_: Instant | None = None
    to: Instant | None = None


async def list_calendar_events(
    db: AsyncSession, actor: Actor, *, wanted: CalendarQuestion, page: PageRequest
) -> Page[CalendarEvent]:
    """A member's own, those that a coach holds, and an admin's all; in the order of their start.

    Naming a member or a coach that is not one's own to see is `Forbidden` (12.7).
    """
    require(actor, "sessions:read")
    await refuse_foreign(db, actor, Whose(coach_id=wanted.coach_id, member_id=wanted.member_id))
    if wanted.from_ is not None and wanted.to is not None and wanted.to <= wanted.from_:
        raise InvalidInput("to", "must be later than from")
    statement = select(CoachingSession).order_by(col(CoachingSession.starts_at), col(CoachingSession.id))
    whose = ((CoachingSession.coach_id, wanted.coach_id), (CoachingSession.member_id, wanted.member_id))
    own = ((CoachingSession.coach_id, actor.coach_id), (CoachingSession.member_id, actor.member_id))
    for column, id in (*whose, *own):
        if id is not None:
            statement = statement.where(col(column) == id)
    if wanted.from_ is not None:
        statement = statement.where(col(CoachingSession.ends_at) > wanted.from_)
    if wanted.to is not None:
        statement = statement.where(col(CoachingSession.starts_at) < wanted.to)
    sessions = await read_page(db, statement, page)
    events = await calendar_events_by_session(db, [session.id for session in sessions.rows])
    return replace(sessions, rows=[event for event in events if event is not None])


async def invitation(
    db: AsyncSession, session_id: UUID, *, cancelled: bool, to: UUID | None = None
) -> Attachment | None:
    """The session as mail carries it to its two parties, or that it is off; None if it stands otherwise by now.

    For the system. `to` is the user who gets it: it is written for them, on their clock. Their own address is in it;
    the other's only between a member and the coach whom they have. Made again of the same version it is the same.
    """
    found = await _parties(db, session_id)
    (event,) = await calendar_events_by_session(db, [session_id])
    if found is None or event is None or event.is_cancelled is not cancelled:
        return None
    session, coach_user, member_user = found
    side = {coach_user.id: Side.COACH, member_user.id: Side.MEMBER}.get(to, Side.BOTH) if to else Side.BOTH
    know_each_other = session.member_coach_id == session.coach_id

    def address(name: str, id: UUID, user: User) -> Address:
        return Address(name, id, user.email if know_each_other or user.id == to else None)

    method = Method.CANCEL if cancelled else Method.REQUEST
    written = Written(
        event,
        address(event.coach_name, session.coach_id, coach_user),
        address(event.member_name, session.member_id, member_user),
    )
    zone = (member_user if side is Side.MEMBER else coach_user).time_zone
    text = calendar_text([written], method=method, side=side, zone=zone)
    name = "cancellation.ics" if cancelled else "invitation.ics"
    return Attachment(name, f"text/calendar; method={method.value}; charset=utf-8", text)


async def _parties(db: AsyncSession, session_id: UUID) -> tuple[CoachingSession, User, User] | None:
    """The session, the coach's user and the member's."""
    of_coach, of_member = aliased(User), aliased(User)
    row = (
        await db.execute(
            select(CoachingSession, of_coach, of_member)
            .join(Coach, col(Coach.id) == col(CoachingSession.coach_id))
            .join(Member, col(Member.id) == col(CoachingSession.member_id))
            .join(of_coach, col(of_coach.id) == col(Coach.user_id))
            .join(of_member, col(of_member.id) == col(Member.user_id))
            .where(col(CoachingSession.id) == session_id)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])
