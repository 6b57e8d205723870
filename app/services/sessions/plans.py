"""Plans for sessions: made by the coach, shared with the member, and reminded of."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import SessionPlanReminderDue, SessionPlanShared, SessionPlanUnshared, emit
from app.forms import Form, Instant, text
from app.loaders.sessions import items_by_plan, plans_by_session
from app.models.sessions import CoachingSession, PlanItem, SessionPlan, SessionStatus, TemplateItem
from app.problems import AlreadyPlanned, Forbidden, InvalidInput, SessionNotScheduled, VersionConflict
from app.services.identity.permissions import require
from app.services.sessions.plan_templates import find_plan_template
from app.services.sessions.ranks import evenly
from app.services.sessions.viewing import access_session

REMINDERS_AT_ONCE = 500


class NewPlan(Form):
    """Empty, of a template, or of another session's plan."""

    session_id: UUID
    template_id: UUID | None = None
    from_session_id: UUID | None = None


class PlanChanges(Form):
    notes: text(5_000) | None = None  # type: ignore[valid-type]
    remind_at: Instant | None = None
    expected_version: int | None = None


async def access_plan(db: AsyncSession, actor: Actor, plan_id: UUID) -> SessionPlan:
    """The plan, if the asker may see it: the coach, the member's coach of today, admins, the member if it is shared."""
    require(actor, "sessions:read")
    plan = (await db.exec(select(SessionPlan).where(SessionPlan.id == plan_id))).one_or_none()
    if plan is None or not _may_see(actor, plan):
        raise Forbidden
    return plan


async def access_own_plan(db: AsyncSession, actor: Actor, plan_id: UUID) -> SessionPlan:
    """For writing: the plan of a session that the asking coach holds, or as an admin any; locked, else `Forbidden`.

    Whoever writes to a plan or to its items has the plan's turn.
    """
    require(actor, "sessions:write")
    wanted = select(SessionPlan).where(SessionPlan.id == plan_id).with_for_update()
    plan = (await db.exec(wanted)).one_or_none()
    if plan is None or not _holds(actor, plan.coach_id):
        raise Forbidden
    return plan


async def create_session_plan(db: AsyncSession, actor: Actor, *, form: NewPlan, now: datetime) -> SessionPlan:
    """Raises `AlreadyPlanned` and `SessionNotScheduled`; of another plan the items are taken over, not the notes."""
    require(actor, "sessions:write")
    session = await access_session(db, actor, form.session_id)
    if not _holds(actor, session.coach_id):
        raise Forbidden
    if form.template_id is not None and form.from_session_id is not None:
        raise InvalidInput("fromSessionId", "Give either a template or a session, not both")
    if session.status is not SessionStatus.SCHEDULED:
        raise SessionNotScheduled(session.status.value)
    if (await db.exec(select(SessionPlan.id).where(SessionPlan.session_id == session.id))).first() is not None:
        raise AlreadyPlanned
    agenda = await _agenda(db, actor, form)
    plan = SessionPlan(
        session_id=session.id,
        coach_id=session.coach_id,
        member_id=session.member_id,
        created_at=now,
        updated_at=now,
    )
    db.add(plan)
    await db.flush()
    db.add_all([new_item(plan, item, rank, now) for item, rank in zip(agenda, evenly(len(agenda)), strict=True)])
    await db.flush()
    return plan


def new_item(plan: SessionPlan, item: TemplateItem, rank: str, now: datetime) -> PlanItem:
    return PlanItem(
        plan_id=plan.id,
        coach_id=plan.coach_id,
        member_id=plan.member_id,
        is_shared=plan.is_shared,
        rank=rank,
        title=item.title,
        description=item.description,
        minutes=item.minutes,
        created_at=now,
        updated_at=now,
    )


async def update_session_plan(
    db: AsyncSession, actor: Actor, *, plan_id: UUID, form: PlanChanges, now: datetime
) -> SessionPlan:
    """Raises `VersionConflict` when it is no longer as the asker saw it. A new time to remind at counts afresh."""
    plan = await access_own_plan(db, actor, plan_id)
    changes = form.given()
    expected = changes.pop("expected_version", None)
    if expected is not None and expected != plan.version:
        raise VersionConflict(plan.version, "plan")
    if "remind_at" in changes and changes["remind_at"] != plan.remind_at:
        await _refuse_untimely(db, plan, changes["remind_at"], now)
        changes["reminded_at"] = None
    return await _changed(db, plan, changes, now)


async def share_session_plan(db: AsyncSession, actor: Actor, *, plan_id: UUID, now: datetime) -> SessionPlan:
    """With its items; what is shared already stays as it is."""
    plan = await access_own_plan(db, actor, plan_id)
    if plan.is_shared:
        return plan
    emit(db, SessionPlanShared(**_facts(plan)))
    return await _changed(db, plan, {"is_shared": True, "shared_at": now}, now)


async def unshare_session_plan(db: AsyncSession, actor: Actor, *, plan_id: UUID, now: datetime) -> SessionPlan:
    plan = await access_own_plan(db, actor, plan_id)
    if not plan.is_shared:
        return plan
    emit(db, SessionPlanUnshared(**_facts(plan)))
    return await _changed(db, plan, {"is_shared": False, "shared_at": None}, now)


async def remove_session_plan(db: AsyncSession, actor: Actor, *, plan_id: UUID) -> UUID:
    """With its items; to the member it is as if it were shared no longer."""
    plan = await access_own_plan(db, actor, plan_id)
    if plan.is_shared:
        emit(db, SessionPlanUnshared(**_facts(plan)))
    await db.delete(plan)
    await db.flush()
    return plan_id


async def remind_of_plans(db: AsyncSession, now: datetime) -> int:
    """Marks shared plans that are due and whose session is still to be held, and tells of each once; how many.

    To be called as the system, again and again; two at the same time take different ones.
    """
    due = (
        select(SessionPlan)
        .join(CoachingSession, col(CoachingSession.id) == col(SessionPlan.session_id))
        .where(
            col(SessionPlan.remind_at) <= now,
            col(SessionPlan.reminded_at).is_(None),
            col(SessionPlan.is_shared),
            col(CoachingSession.status) == SessionStatus.SCHEDULED,
            col(CoachingSession.starts_at) > now,
        )
        .order_by(col(SessionPlan.remind_at))
        .limit(REMINDERS_AT_ONCE)
        .with_for_update(of=SessionPlan, skip_locked=True)
    )
    plans = (await db.exec(due)).all()
    for plan in plans:
        assert plan.remind_at is not None
        plan.reminded_at = now
        db.add(plan)
        emit(db, SessionPlanReminderDue(**_facts(plan), remind_at=plan.remind_at))
    await db.flush()
    return len(plans)


async def _agenda(db: AsyncSession, actor: Actor, form: NewPlan) -> list[TemplateItem]:
    if form.template_id is not None:
        template = await find_plan_template(db, form.template_id)
        if template is None:
            raise InvalidInput("templateId", "There is no such template")
        return template.agenda
    if form.from_session_id is None:
        return []
    source = await access_session(db, actor, form.from_session_id)
    (plan,) = await plans_by_session(db, [source.id])
    if plan is None:
        raise InvalidInput("fromSessionId", "That session has no plan")
    (items,) = await items_by_plan(db, [plan.id])
    return [TemplateItem(item.title, item.description, item.minutes) for item in items]


def _may_see(actor: Actor, plan: SessionPlan) -> bool:
    if actor.member_id == plan.member_id:
        return plan.is_shared
    return _holds(actor, plan.coach_id) or (actor.coach_id is not None and actor.coach_id == plan.member_coach_id)


def _holds(actor: Actor, coach_id: UUID) -> bool:
    return actor.is_admin or actor.coach_id == coach_id


async def _refuse_untimely(db: AsyncSession, plan: SessionPlan, remind_at: datetime | None, now: datetime) -> None:
    if remind_at is None:
        return
    session = await db.get_one(CoachingSession, plan.session_id)
    if not now < remind_at < session.starts_at:
        raise InvalidInput("remindAt", "must lie between now and the start of the session")


async def _changed(db: AsyncSession, plan: SessionPlan, changes: dict[str, object], now: datetime) -> SessionPlan:
    plan.sqlmodel_update({**changes, "version": plan.version + 1, "updated_at": now})
    db.add(plan)
    await db.flush()
    return plan


def _facts(plan: SessionPlan) -> dict[str, UUID]:
    return {
        "plan_id": plan.id,
        "session_id": plan.session_id,
        "coach_id": plan.coach_id,
        "member_id": plan.member_id,
    }
