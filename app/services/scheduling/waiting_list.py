"""Waiting for a place in a full slot: the first in line is offered what becomes free, for a time, then the next.

`settle_calendar` in the database makes the offers, in the turn of whatever frees a place. Until somebody has taken it,
a place that is waited for is never listed as free.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import WaitingListJoined, emit
from app.forms import Form, Instant
from app.loaders.scheduling import positions_by_entry
from app.models.members import Member, MemberStatus
from app.models.scheduling import SlotHold, WaitingListEntry, WaitingStatus
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, MemberNotActive, NotInLine, SlotNotFull, TooManyWaitingLists
from app.services.identity.permissions import require
from app.services.scheduling.calendars import open_calendar, raise_version, read_calendar, settle_calendar
from app.services.scheduling.holds import end_hold, in_sight
from app.services.scheduling.refusals import refusal
from app.services.scheduling.slots import Unavailable, reasons_against

MOST_LISTS = 20
"""That one member may be in at a time."""

_LIVE = (WaitingStatus.WAITING, WaitingStatus.OFFERED)


class JoinWaitingList(Form):
    coach_id: UUID
    starts_at: Instant


class WaitingFilter(Form):
    coach_id: UUID | None = None
    starts_at: Instant | None = None
    status: list[WaitingStatus] | None = None


def may_ask_to_wait(actor: Actor) -> None:
    """Raises `Unauthenticated` or `Forbidden` for who books nothing for themselves."""
    require(actor, "sessions:write")
    if actor.member_id is None:
        raise Forbidden("Only members wait for a place")


async def join_waiting_list(
    db: AsyncSession, actor: Actor, *, form: JoinWaitingList, now: datetime
) -> WaitingListEntry:
    """At the end of the line; who is in it already stays where they are.

    Raises `SlotNotFull` for a slot that can be booked, `SlotUnavailable` for one that could not be if it were not full,
    `MemberNotActive` and `TooManyWaitingLists`.
    """
    may_ask_to_wait(actor)
    assert actor.member_id is not None
    await open_calendar(db, form.coach_id, locked=True)
    is_settled = await settle_calendar(db, form.coach_id, now)
    there = await _live_entry(db, actor.member_id, form.coach_id, form.starts_at)
    if there is not None:
        return there
    # Locked, so that a member who joins several lines at once is counted by each of them.
    member = select(Member.status).where(Member.id == actor.member_id).with_for_update(key_share=True)
    status = (await db.exec(member)).one_or_none()
    if status is not MemberStatus.ACTIVE:
        raise MemberNotActive
    calendar, busy = await read_calendar(db, form.coach_id, form.starts_at, form.starts_at, member_id=actor.member_id)
    reasons = reasons_against(calendar, form.starts_at, now, busy)
    if others := [reason for reason in reasons if reason is not Unavailable.FULL]:
        raise refusal(others)
    if not reasons or await _holds_a_place(db, actor.member_id, form):
        raise SlotNotFull
    lists = select(func.count()).where(
        WaitingListEntry.member_id == actor.member_id, col(WaitingListEntry.status).in_(_LIVE)
    )
    if (await db.exec(lists)).one() >= MOST_LISTS:
        raise TooManyWaitingLists(f"You wait for {MOST_LISTS} slots already; leave one of the lines first")
    entry = WaitingListEntry(coach_id=form.coach_id, member_id=actor.member_id, starts_at=form.starts_at)
    db.add(entry)
    await db.flush()
    await db.refresh(entry)
    emit(
        db,
        WaitingListJoined(
            entry_id=entry.id, coach_id=entry.coach_id, member_id=entry.member_id, starts_at=entry.starts_at
        ),
    )
    if not is_settled:
        await raise_version(db, form.coach_id)
    return entry


async def leave_waiting_list(db: AsyncSession, actor: Actor, *, entry_id: UUID, now: datetime) -> WaitingListEntry:
    """Also how an offer is declined: it goes to the next in line. Raises `NotInLine`."""
    may_ask_to_wait(actor)
    mine = select(WaitingListEntry).where(
        WaitingListEntry.id == entry_id,
        WaitingListEntry.member_id == actor.member_id,
        col(WaitingListEntry.status).in_(_LIVE),
    )
    entry = (await db.exec(mine)).one_or_none()
    if entry is None:
        raise NotInLine
    await open_calendar(db, entry.coach_id, locked=True, has_part=True)
    entry = (await db.exec(mine.execution_options(populate_existing=True))).one_or_none()
    if entry is None:
        raise NotInLine
    hold_id = (await db.exec(select(SlotHold.id).where(SlotHold.entry_id == entry_id))).one_or_none()
    entry.sqlmodel_update({"status": WaitingStatus.LEFT, "closed_at": now})
    db.add(entry)
    await db.flush()
    if hold_id is not None:
        await end_hold(db, hold_id)
    if not await settle_calendar(db, entry.coach_id, now):
        await raise_version(db, entry.coach_id)
    return entry


async def list_waiting(
    db: AsyncSession, actor: Actor, *, wanted: WaitingFilter, page: PageRequest
) -> Page[WaitingListEntry]:
    """By start and then in the order of the line: the asker's own entries, a coach's calendar's, an admin's all.

    Naming a calendar that is another coach's is `Forbidden`.
    """
    require(actor, "sessions:read")
    statement = select(WaitingListEntry).where(*in_sight(actor, WaitingListEntry, wanted.coach_id))
    if wanted.starts_at is not None:
        statement = statement.where(WaitingListEntry.starts_at == wanted.starts_at)
    if wanted.status is not None:
        statement = statement.where(col(WaitingListEntry.status).in_(wanted.status))
    return await read_page(db, statement.order_by(col(WaitingListEntry.starts_at), col(WaitingListEntry.place)), page)


async def follow_waiting_lists(
    db: AsyncSession, actor: Actor, seen: list[UUID]
) -> list[tuple[WaitingListEntry, int | None]]:
    """The asker's entries that are not over, and those `seen` before; with their place in line, counted from 1."""
    may_ask_to_wait(actor)
    require(actor, "sessions:read")
    mine = (
        select(WaitingListEntry)
        .where(
            WaitingListEntry.member_id == actor.member_id,
            or_(col(WaitingListEntry.status).in_(_LIVE), col(WaitingListEntry.id).in_(seen)),
        )
        .order_by(col(WaitingListEntry.starts_at), col(WaitingListEntry.id))
    )
    entries = list(await db.exec(mine))
    positions = await positions_by_entry(db, [entry.id for entry in entries])
    return list(zip(entries, positions, strict=True))


async def _live_entry(
    db: AsyncSession, member_id: UUID, coach_id: UUID, starts_at: datetime
) -> WaitingListEntry | None:
    return (
        await db.exec(
            select(WaitingListEntry).where(
                WaitingListEntry.member_id == member_id,
                WaitingListEntry.coach_id == coach_id,
                WaitingListEntry.starts_at == starts_at,
                col(WaitingListEntry.status).in_(_LIVE),
            )
        )
    ).one_or_none()


async def _holds_a_place(db: AsyncSession, member_id: UUID, form: JoinWaitingList) -> bool:
    mine = select(SlotHold.id).where(
        SlotHold.member_id == member_id, SlotHold.coach_id == form.coach_id, SlotHold.starts_at == form.starts_at
    )
    return (await db.exec(mine)).first() is not None
