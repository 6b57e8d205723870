"""Rating a completed session, and changing the rating while that is possible."""

from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import SessionRated, SessionRatingChanged, emit
from app.forms import Form, between, text
from app.models.members import Member
from app.models.sessions import CoachingSession, SessionRating, SessionStatus
from app.problems import (
    AlreadyRated,
    Forbidden,
    Problem,
    RatingIsFinal,
    Refusal,
    SessionNotCompleted,
)
from app.services.identity.permissions import require
from app.services.sessions.viewing import access_session

Stars = between(1, 5)
Comment = text(2_000)


class RateSession(Form):
    session_id: UUID
    stars: Stars  # type: ignore[valid-type]
    comment: Comment | None = None  # type: ignore[valid-type]


class RatingChanges(Form):
    stars: Stars = 1  # type: ignore[valid-type]
    comment: Comment | None = None  # type: ignore[valid-type]


def refusal_to_rate(
    actor: Actor, session: CoachingSession, rating: SessionRating | None, now: datetime
) -> Problem | Refusal | None:
    """Why the actor may not rate the session, whose rating is given if it has one; None if they may (9.6, 14.7)."""
    if not (actor.may("sessions:write") and actor.may("sessions:read")):
        return Forbidden()
    if actor.member_id is None or actor.member_id != session.member_id:
        return Forbidden()
    if session.status is not SessionStatus.COMPLETED:
        return SessionNotCompleted(session.status.value)
    if rating is not None:
        return AlreadyRated(can_be_changed=now <= rating.changeable_until)
    return None


async def rate_session(db: AsyncSession, actor: Actor, *, form: RateSession, now: datetime) -> SessionRating:
    """Raises `SessionNotCompleted`, `AlreadyRated`, and `Forbidden` of any session but the member's own."""
    require(actor, "sessions:write")
    session = await access_session(db, actor, form.session_id)
    refused = refusal_to_rate(actor, session, await db.get(SessionRating, session.id), now)
    if refused is not None:
        raise refused
    rating = SessionRating(
        session_id=session.id,
        coach_id=session.coach_id,
        member_id=session.member_id,
        stars=form.stars,
        comment=form.comment,
        created_at=now,
        updated_at=now,
    )
    db.add(rating)
    await db.flush()
    emit(db, SessionRated(**_facts(rating), stars=rating.stars))
    return rating


async def change_session_rating(
    db: AsyncSession, actor: Actor, *, session_id: UUID, form: RatingChanges, now: datetime
) -> SessionRating:
    """For 24 hours after it was first given; then raises `RatingIsFinal`."""
    require(actor, "sessions:write")
    # First the member's row, as a transfer takes it, which then writes to the coaches and to the ratings.
    await db.exec(select(Member.id).where(Member.id == actor.member_id).with_for_update(read=True))
    rating = await db.get(SessionRating, session_id, with_for_update=True)
    if rating is None or rating.member_id != actor.member_id:
        raise Forbidden
    if now > rating.changeable_until:
        raise RatingIsFinal
    rating.sqlmodel_update({**form.given(), "updated_at": now})
    db.add(rating)
    await db.flush()
    emit(db, SessionRatingChanged(**_facts(rating), stars=rating.stars))
    return rating


def _facts(rating: SessionRating) -> dict[str, UUID]:
    return {"session_id": rating.session_id, "coach_id": rating.coach_id, "member_id": rating.member_id}
