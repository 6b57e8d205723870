"""Keeping a place for who is still choosing: a hold counts as a seat until it is over by the database's clock."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant
from app.models.scheduling import SlotHold, WaitingListEntry, WaitingStatus
from app.platform.ids import new_id
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, HoldExpired, HoldNotExtendable
from app.services.identity.permissions import require
from app.services.scheduling.booking import may_be_booked
from app.services.scheduling.calendars import open_calendar, raise_version, settle_calendar
from app.services.scheduling.refusals import refusal
from app.services.scheduling.requests import Already, Asked, Change, Decision, Found, without_hold
from app.services.scheduling.slots import judged_at

MINUTES = 5
"""Of a hold, and of its extension; as in the function `write_requests`."""

_EXTEND = text(
    f"""
    WITH longer AS (
      UPDATE slot_holds SET expires_at = expires_at + interval '{MINUTES} minutes', is_extended = true
      WHERE id = :hold_id AND NOT is_extended AND entry_id IS NULL AND expires_at > now() RETURNING *
    )
    UPDATE calendar_seats t SET held_until = l.expires_at FROM longer l
    WHERE t.coach_id = l.coach_id AND t.starts_at = l.starts_at AND t.seat_no = l.seat_no
    """
)
_END = text("SELECT end_hold(:hold_id)")


class HoldSlot(Form):
    coach_id: UUID
    starts_at: Instant


def may_ask_to_hold(actor: Actor) -> None:
    """Raises `Unauthenticated` or `Forbidden` for who books nothing for themselves."""
    require(actor, "sessions:write")
    if actor.member_id is None:
        raise Forbidden("Only members hold a place for themselves")


def decide_hold(asked: Asked, form: HoldSlot, found: Found) -> Decision | Already:
    """Holds a listed slot; what the member has held elsewhere in this calendar is given up for it.

    Raises what booking it would, and `Forbidden` and `MemberNotActive`.
    """
    may_be_booked(found)
    if here := [hold for hold in found.holds if hold.starts_at == form.starts_at]:
        return Already(here[0])
    given_up = next((hold for hold in found.holds if not hold.is_offer), None)
    assert found.open_calendar is not None
    calendar = found.open_calendar.calendar
    if given_up is not None:
        calendar = without_hold(calendar, given_up)
    reasons, slot = judged_at(calendar, form.starts_at, asked.now, found.busy)
    if reasons or slot is None:
        raise refusal(reasons)
    if given_up is not None:
        found.open_calendar.release(given_up)
    found.open_calendar.hold(slot)
    change = Change(
        "HOLD",
        coach_id=form.coach_id,
        member_id=asked.actor.member_id,
        hold_id=new_id(),
        used_hold_id=None if given_up is None else given_up.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        blocked_until=slot.ends_at + timedelta(minutes=calendar.buffer_minutes),
        capacity=slot.capacity,
        now=asked.now,
    )
    return Decision(change, slot._replace(held=slot.held + 1))


async def extend_hold(db: AsyncSession, actor: Actor, *, hold_id: UUID) -> SlotHold:
    """Five minutes more, once. Raises `HoldExpired` and `HoldNotExtendable`."""
    hold = await _access_hold(db, actor, hold_id)
    if hold.is_extended:
        raise HoldNotExtendable("This hold was extended before, and that is done once")
    if hold.is_offer:
        raise HoldNotExtendable("An offer is not extended: others are in line")
    await db.execute(_EXTEND, {"hold_id": hold_id})
    await db.refresh(hold)
    await raise_version(db, hold.coach_id)
    return hold


async def release_hold(db: AsyncSession, actor: Actor, *, hold_id: UUID, now: datetime) -> UUID:
    """Gives the place back, to who is first in line if anybody waits. Raises `HoldExpired`."""
    hold = await _access_hold(db, actor, hold_id)
    coach_id, entry_id = hold.coach_id, hold.entry_id
    db.expunge(hold)
    await end_hold(db, hold_id)
    if entry_id is not None:
        entry = await db.get(WaitingListEntry, entry_id)
        if entry is not None:
            entry.sqlmodel_update({"status": WaitingStatus.LEFT, "closed_at": now})
            db.add(entry)
            await db.flush()
    if not await settle_calendar(db, coach_id, now):
        await raise_version(db, coach_id)
    return hold_id


async def list_holds(db: AsyncSession, actor: Actor, *, coach_id: UUID | None, page: PageRequest) -> Page[SlotHold]:
    """Those that have not expired, in the order of their start: the asker's own, a coach's calendar's, an admin's all.

    Naming a calendar that is another coach's is `Forbidden`.
    """
    require(actor, "sessions:read")
    statement = select(SlotHold).where(col(SlotHold.expires_at) > func.now())
    statement = statement.where(*in_sight(actor, SlotHold, coach_id))
    return await read_page(db, statement.order_by(col(SlotHold.starts_at), col(SlotHold.id)), page)


async def end_hold(db: AsyncSession, hold_id: UUID) -> None:
    """In the calendar's turn: gives the seat back; `settle_calendar` looks for who waits for it."""
    await db.execute(_END, {"hold_id": hold_id})


def in_sight(
    actor: Actor, model: type[SlotHold] | type[WaitingListEntry], coach_id: UUID | None
) -> list[ColumnElement[bool]]:
    """The rows of a calendar, if one is named, that are the asker's to see."""
    conditions = [] if coach_id is None else [col(model.coach_id) == coach_id]
    if actor.is_admin:
        return conditions
    if actor.member_id is not None:
        return [*conditions, col(model.member_id) == actor.member_id]
    if actor.coach_id is None or coach_id not in (None, actor.coach_id):
        raise Forbidden
    return [col(model.coach_id) == actor.coach_id]


async def _access_hold(db: AsyncSession, actor: Actor, hold_id: UUID) -> SlotHold:
    """The asker's own hold in its calendar's turn; raises `HoldExpired` for any other."""
    may_ask_to_hold(actor)
    of_mine = select(SlotHold).where(SlotHold.id == hold_id, SlotHold.member_id == actor.member_id)
    hold = (await db.exec(of_mine)).one_or_none()
    if hold is None:
        raise HoldExpired
    await open_calendar(db, hold.coach_id, locked=True, has_part=True)
    again = of_mine.execution_options(populate_existing=True).where(col(SlotHold.expires_at) > func.now())
    hold = (await db.exec(again)).one_or_none()
    if hold is None:
        raise HoldExpired
    return hold
