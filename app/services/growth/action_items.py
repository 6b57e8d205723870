"""What members are to do: adding, changing and doing it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import ActionItemAdded, ActionItemCompleted, emit
from app.forms import Day, Form, IdempotencyKey, Line, text
from app.models.growth.action_items import MOST_OF_A_SESSION, ActionItem, ActionItemStatus
from app.models.members import Member
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, InvalidInput, VersionConflict
from app.services.growth.due_days import refuse_past_day
from app.services.growth.interventions import access_member_intervention
from app.services.identity.permissions import access_visible, require, require_login
from app.services.identity.retries import made_before, remember
from app.services.members import access_whose, day_of
from app.services.sessions import access_session

Description = text(2_000)
_WORDING = frozenset({"title", "description", "due_date"})


class ActionItemFilter(Form):
    """`is_open`: what is not completed, or only what is."""

    member_id: UUID | None = None
    status: ActionItemStatus | None = None
    is_open: bool | None = None
    session_id: UUID | None = None
    member_intervention_id: UUID | None = None


class NewActionItem(Form):
    member_id: UUID | None = None
    title: Line
    description: Description | None = None  # type: ignore[valid-type]
    due_date: Day | None = None
    session_id: UUID | None = None
    member_intervention_id: UUID | None = None
    idempotency_key: IdempotencyKey | None = None


class ActionItemChanges(Form):
    id: UUID
    expected_version: int
    title: Line = ""
    description: Description | None = None  # type: ignore[valid-type]
    due_date: Day | None = None
    is_started: bool = False


async def access_action_item(db: AsyncSession, actor: Actor, item_id: UUID) -> ActionItem:
    """One's own, one's member's, or as an admin any; else `Forbidden`, found or not."""
    return await access_visible(db, actor, ActionItem, item_id, permission="growth:read")


async def list_action_items(
    db: AsyncSession, actor: Actor, *, wanted: ActionItemFilter, page: PageRequest
) -> Page[ActionItem]:
    """Of one member, the newest first."""
    require(actor, "growth:read")
    member = await access_whose(db, actor, wanted.member_id)
    statement = (
        select(ActionItem)
        .where(ActionItem.member_id == member.id)
        .order_by(col(ActionItem.created_at).desc(), col(ActionItem.id).desc())
    )
    if wanted.status is not None:
        statement = statement.where(ActionItem.status == wanted.status)
    if wanted.is_open is not None:
        is_completed = col(ActionItem.status) == ActionItemStatus.COMPLETED
        statement = statement.where(~is_completed if wanted.is_open else is_completed)
    if wanted.session_id is not None:
        statement = statement.where(ActionItem.session_id == wanted.session_id)
    if wanted.member_intervention_id is not None:
        statement = statement.where(ActionItem.member_intervention_id == wanted.member_intervention_id)
    return await read_page(db, statement, page)


async def add_action_item(db: AsyncSession, actor: Actor, *, form: NewActionItem, now: datetime) -> ActionItem:
    """A member's for themselves, a coach's for their member. Under an idempotency key a retry finds the first one."""
    require(actor, "growth:write")
    member = await access_whose(db, actor, form.member_id, locked=True)
    before = await made_before(db, actor, "addActionItem", form)
    if before is not None:
        return await access_action_item(db, actor, before)
    await refuse_past_day(db, member.id, form.due_date, now)
    await _refuse_foreign(db, actor, member, form)
    item = ActionItem(
        member_id=member.id,
        session_id=form.session_id,
        member_intervention_id=form.member_intervention_id,
        title=form.title,
        description=form.description,
        due_date=form.due_date,
        added_by_user_id=require_login(actor),
        is_added_by_member=actor.member_id == member.id,
        created_at=now,
        updated_at=now,
    )
    db.add(item)
    await db.flush()
    await remember(db, actor, "addActionItem", form, item.id, now)
    emit(
        db,
        ActionItemAdded(
            member_id=member.id,
            coach_id=member.coach_id,
            action_item_id=item.id,
            added_by_user_id=item.added_by_user_id,
        ),
    )
    return item


async def _refuse_foreign(db: AsyncSession, actor: Actor, member: Member, form: NewActionItem) -> None:
    """What it is linked to is the same member's; and a page of sessions is read with all that comes of them."""
    if form.session_id is not None:
        if (await access_session(db, actor, form.session_id)).member_id != member.id:
            raise InvalidInput("sessionId", "This is another member's session")
        of_session = select(func.count()).select_from(ActionItem).where(col(ActionItem.session_id) == form.session_id)
        if (await db.exec(of_session)).one() >= MOST_OF_A_SESSION:
            raise InvalidInput("sessionId", f"A session has at most {MOST_OF_A_SESSION} action items")
    if form.member_intervention_id is not None:
        given = await access_member_intervention(db, actor, form.member_intervention_id)
        if given.member_id != member.id:
            raise InvalidInput("memberInterventionId", "This was given to another member")


async def update_action_item(db: AsyncSession, actor: Actor, *, form: ActionItemChanges, now: datetime) -> ActionItem:
    """Its wording and day, by who coaches the member or by the member who added it; whether it is begun, by all.

    A later day, or none, ends that it is overdue. Raises `VersionConflict`.
    """
    item = await _locked(db, actor, form.id)
    changes = form.given()
    if changes.keys() & _WORDING and _was_given(actor, item):
        raise Forbidden
    if form.expected_version != item.version:
        raise VersionConflict(item.version, "action item")
    if "is_started" in changes:
        if item.status is ActionItemStatus.COMPLETED:
            raise InvalidInput("isStarted", "It is completed; reopen it first")
        item.started_at = (item.started_at or now) if form.is_started else None
    if "due_date" in changes and form.due_date != item.due_date:
        await refuse_past_day(db, item.member_id, form.due_date, now)
        item.due_date = form.due_date
        if item.status is ActionItemStatus.OVERDUE:
            item.status = ActionItemStatus.PENDING
    item.sqlmodel_update({name: changes[name] for name in changes.keys() & {"title", "description"}})
    if item.status not in (ActionItemStatus.COMPLETED, ActionItemStatus.OVERDUE):
        item.status = _open(item)
    return await _changed(db, item, now)


async def complete_action_item(db: AsyncSession, actor: Actor, *, item_id: UUID, now: datetime) -> ActionItem:
    """What is completed already stays as it is."""
    item = await _locked(db, actor, item_id)
    if item.status is ActionItemStatus.COMPLETED:
        return item
    item.status, item.completed_at = ActionItemStatus.COMPLETED, now
    emit(db, ActionItemCompleted(member_id=item.member_id, coach_id=item.member_coach_id, action_item_id=item.id))
    return await _changed(db, item, now)


async def reopen_action_item(db: AsyncSession, actor: Actor, *, item_id: UUID, now: datetime) -> ActionItem:
    """It is to be done after all; overdue at once, if its day is over."""
    item = await _locked(db, actor, item_id)
    if item.status is not ActionItemStatus.COMPLETED:
        return item
    is_late = item.due_date is not None and item.due_date < await day_of(db, item.member_id, now)
    item.status, item.completed_at = ActionItemStatus.OVERDUE if is_late else _open(item), None
    return await _changed(db, item, now)


async def remove_action_item(db: AsyncSession, actor: Actor, *, item_id: UUID) -> UUID:
    """By who coaches the member, or by the member who added it."""
    item = await _locked(db, actor, item_id)
    if _was_given(actor, item):
        raise Forbidden
    await db.delete(item)
    await db.flush()
    return item_id


def _was_given(actor: Actor, item: ActionItem) -> bool:
    """To the asking member, by somebody else."""
    return actor.member_id == item.member_id and not item.is_added_by_member


def _open(item: ActionItem) -> ActionItemStatus:
    return ActionItemStatus.PENDING if item.started_at is None else ActionItemStatus.IN_PROGRESS


async def _changed(db: AsyncSession, item: ActionItem, now: datetime) -> ActionItem:
    item.version, item.updated_at = item.version + 1, now
    db.add(item)
    await db.flush()
    return item


async def _locked(db: AsyncSession, actor: Actor, item_id: UUID) -> ActionItem:
    require(actor, "growth:write")
    item = await db.get(ActionItem, item_id, with_for_update={"key_share": True})
    if item is None:
        raise Forbidden
    return item
