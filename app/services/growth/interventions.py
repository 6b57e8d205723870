"""What members are given to practise: giving it, doing it, rating it, and what coaches note of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import InterventionAssigned, InterventionRated, InterventionUpdated, emit
from app.forms import Day, Form, IdempotencyKey, between, text
from app.models.growth.interventions import (
    Intervention,
    InterventionStatus,
    MemberIntervention,
    MemberInterventionNote,
)
from app.models.members import Member
from app.platform.paging import Page, PageRequest, read_page
from app.problems import (
    Forbidden,
    InterventionAlreadyAssigned,
    InterventionIsOver,
    InterventionNotCompleted,
    InvalidInput,
)
from app.services.growth.due_days import refuse_past_day
from app.services.growth.library import access_intervention
from app.services.identity.permissions import access_visible, require, require_login
from app.services.identity.retries import made_before, remember
from app.services.members import access_member, access_whose
from app.services.privacy import key_for_member

OPEN = (InterventionStatus.ASSIGNED, InterventionStatus.IN_PROGRESS)

Percent = between(0, 100)
Rating = between(1, 5)
Prose = text(5_000)


class AssignIntervention(Form):
    member_id: UUID
    intervention_id: UUID
    due_date: Day | None = None
    idempotency_key: IdempotencyKey | None = None


class Progress(Form):
    id: UUID
    status: InterventionStatus = InterventionStatus.ASSIGNED
    progress_percent: Percent = 0  # type: ignore[valid-type]


class RateIntervention(Form):
    """Without `feedback`, what was said before stays."""

    id: UUID
    rating: Rating  # type: ignore[valid-type]
    feedback: Prose | None = None  # type: ignore[valid-type]


class InterventionNote(Form):
    id: UUID
    text: Prose | None = None  # type: ignore[valid-type]


async def access_member_intervention(db: AsyncSession, actor: Actor, row_id: UUID) -> MemberIntervention:
    """One's own, one's member's, or as an admin any; else `Forbidden`, found or not."""
    return await access_visible(db, actor, MemberIntervention, row_id, permission="growth:read")


async def list_member_interventions(
    db: AsyncSession, actor: Actor, *, member_id: UUID | None, status: InterventionStatus | None, page: PageRequest
) -> Page[MemberIntervention]:
    """What one member was given, the newest first."""
    require(actor, "growth:read")
    member = await access_whose(db, actor, member_id)
    statement = (
        select(MemberIntervention)
        .where(MemberIntervention.member_id == member.id)
        .order_by(col(MemberIntervention.assigned_at).desc(), col(MemberIntervention.id).desc())
    )
    if status is not None:
        statement = statement.where(MemberIntervention.status == status)
    return await read_page(db, statement, page)


async def assign_intervention(
    db: AsyncSession, actor: Actor, *, form: AssignIntervention, now: datetime
) -> MemberIntervention:
    """For the member's coach and admins. Under an idempotency key a retry finds what the first try made."""
    require(actor, "growth:write")
    member = await access_member(db, actor, form.member_id, locked=True)
    before = await made_before(db, actor, "assignIntervention", form)
    if before is not None:
        return await access_member_intervention(db, actor, before)
    intervention = await access_intervention(db, actor, form.intervention_id)
    if not intervention.is_active:
        raise InvalidInput("interventionId", "This intervention is not in use any more")
    row = await assign(
        db,
        actor,
        member=member,
        intervention=intervention,
        recommendation_id=None,
        due_date=form.due_date,
        now=now,
    )
    await remember(db, actor, "assignIntervention", form, row.id, now)
    return row


async def assign(
    db: AsyncSession,
    actor: Actor,
    *,
    member: Member,
    intervention: Intervention,
    recommendation_id: UUID | None,
    due_date: date | None,
    now: datetime,
) -> MemberIntervention:
    """Gives a member an intervention with its text of today, and tells of it.

    For today's coach and admins, of the library or of that coach's own. Raises `InterventionAlreadyAssigned` while the
    member is at it, `InvalidInput` for a day that is over.
    """
    require(actor, "growth:write")
    if actor.member_id == member.id:
        raise Forbidden
    # Two who give the same one come one after the other; what is there is read in a new statement.
    member = await access_member(db, actor, member.id, locked=True)
    if intervention.coach_id not in (None, member.coach_id):
        raise InvalidInput("interventionId", "This is another coach's own intervention")
    await refuse_past_day(db, member.id, due_date, now)
    at_it = select(MemberIntervention.id).where(
        MemberIntervention.member_id == member.id,
        MemberIntervention.intervention_id == intervention.id,
        col(MemberIntervention.status).in_(OPEN),
    )
    if (await db.exec(at_it)).first() is not None:
        raise InterventionAlreadyAssigned
    row = MemberIntervention(
        member_id=member.id,
        intervention_id=intervention.id,
        assigned_by_user_id=require_login(actor),
        recommendation_id=recommendation_id,
        **_text_of(intervention),
        assigned_at=now,
        due_date=due_date,
        updated_at=now,
    )
    db.add(row)
    await db.flush()
    emit(db, InterventionAssigned(member_id=member.id, coach_id=member.coach_id, member_intervention_id=row.id))
    return row


def _text_of(intervention: Intervention) -> dict[str, Any]:
    """As the database copies it."""
    return intervention.model_dump(
        include={
            "name",
            "dimension",
            "element",
            "difficulty",
            "time_minutes",
            "description",
            "steps",
            "success_measures",
            "resources",
        }
    )


async def update_intervention_progress(
    db: AsyncSession, actor: Actor, *, form: Progress, now: datetime
) -> MemberIntervention:
    """By the member, their coach or an admin. Some progress begins it, 100 completes it; what is over stays so.

    Raises `InterventionIsOver`; saying again what is so already changes nothing.
    """
    row = await _locked(db, actor, form.id)
    given = form.given()
    if not given.keys() & {"status", "progress_percent"}:
        raise InvalidInput("status", "Say what has changed")
    if row.status not in OPEN:
        stands = {"status": row.status, "progress_percent": row.progress_percent}
        if any(given[name] != stands[name] for name in given.keys() & stands.keys()):
            raise InterventionIsOver(row.status.value)
        return row
    status, percent = _outcome(row, given)
    if (status, percent) == (row.status, row.progress_percent):
        return row
    has_moved = status is not row.status
    if row.started_at is None and (status is not InterventionStatus.ABANDONED or percent > 0):
        row.started_at = now
    row.completed_at = now if status is InterventionStatus.COMPLETED else None
    row.status, row.progress_percent, row.updated_at = status, percent, now
    db.add(row)
    await db.flush()
    if has_moved:
        emit(
            db,
            InterventionUpdated(
                member_id=row.member_id,
                coach_id=row.member_coach_id,
                member_intervention_id=row.id,
                status=row.status.value,
            ),
        )
    return row


def _outcome(row: MemberIntervention, given: dict[str, Any]) -> tuple[InterventionStatus, int]:
    """Where it stands afterwards, and how far it has come."""
    percent: int = given.get("progress_percent", row.progress_percent)
    status: InterventionStatus | None = given.get("status")
    if status is None:
        if percent == 100:
            status = InterventionStatus.COMPLETED
        else:
            begins = row.status is InterventionStatus.ASSIGNED and percent > 0
            status = InterventionStatus.IN_PROGRESS if begins else row.status
    if status is InterventionStatus.COMPLETED:
        if given.get("progress_percent", 100) != 100:
            raise InvalidInput("progressPercent", "What is completed is at 100")
        return status, 100
    if percent == 100:
        raise InvalidInput("progressPercent", "What is at 100 is completed")
    if status is InterventionStatus.ASSIGNED and (row.status is not status or percent > 0):
        raise InvalidInput("status", "What was begun does not become new again")
    return status, percent


async def rate_intervention(
    db: AsyncSession, actor: Actor, *, form: RateIntervention, now: datetime
) -> MemberIntervention:
    """How much it has helped, by the member who did it; it may be said anew. Raises `InterventionNotCompleted`."""
    row = await _locked(db, actor, form.id)
    if actor.member_id != row.member_id:
        raise Forbidden
    if row.status is not InterventionStatus.COMPLETED:
        raise InterventionNotCompleted(row.status.value)
    is_new = row.effectiveness_rating != form.rating
    if "feedback" in form.given():
        row.feedback = None
        if form.feedback is not None:
            key = await key_for_member(db, row.member_id)
            row.feedback = key.seal(form.feedback.encode(), row.place)
    row.effectiveness_rating, row.rated_at, row.updated_at = form.rating, now, now
    db.add(row)
    await db.flush()
    if is_new:
        emit(
            db,
            InterventionRated(
                member_id=row.member_id,
                coach_id=row.member_coach_id,
                member_intervention_id=row.id,
                rating=form.rating,
            ),
        )
    return row


async def write_intervention_note(
    db: AsyncSession, actor: Actor, *, form: InterventionNote, now: datetime
) -> MemberIntervention:
    """What the coach keeps in mind of it, in place of what was noted before; the member never sees it."""
    require(actor, "growth:write")
    row = await access_member_intervention(db, actor, form.id)
    if actor.member_id == row.member_id:
        raise Forbidden
    await access_member(db, actor, row.member_id, locked=True)  # whoever writes at the same time comes after
    note = await db.get(MemberInterventionNote, row.id)
    if form.text is None:
        if note is not None:
            await db.delete(note)
            await db.flush()
        return row
    if note is None:
        note = MemberInterventionNote(id=row.id, member_id=row.member_id)
    key = await key_for_member(db, row.member_id)
    note.content = key.seal(form.text.encode(), note.place)
    note.author_user_id, note.updated_at = require_login(actor), now
    db.add(note)
    await db.flush()
    return row


async def _locked(db: AsyncSession, actor: Actor, row_id: UUID) -> MemberIntervention:
    require(actor, "growth:write")
    row = await db.get(MemberIntervention, row_id, with_for_update={"key_share": True})
    if row is None:
        raise Forbidden
    return row
