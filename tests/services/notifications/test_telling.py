"""Requirement 11, and 4.2, 4.6, 4.7 and 9.1: who is told of what."""

import asyncio
from collections import Counter

import pytest

from app.context import Context
from app.events import Happened
from app.jobs.notifications import NOTIFY
from app.services.notifications import telling
from tests.lifecycle import schedule
from tests.operations import (
    ASSIGN,
    SHARE_PLAN,
    UPDATE_PLAN,
    add_window,
    book,
    booked,
    cancelled,
    moved,
    noted,
    planned,
    transferred,
)
from tests.practice import Person, Practice
from tests.services.notifications.told import NINE, TEN, facts_of, mails, told

COMPLETE = "mutation ($id: ID!) { completeSession(input: { sessionId: $id }) { ... on Session { status } } }"
UNSHARE = "mutation ($id: ID!) { unshareSessionPlan(input: { id: $id }) { __typename } }"


async def pair(practice: Practice, seats: int = 1) -> tuple[Person, Person]:
    """A coach with a window on Monday morning, and their member."""
    coach = await practice.coach()
    await add_window(practice, coach, seats=seats)
    return coach, await practice.member(coach)


async def test_11_1_and_4_2_a_session_that_is_created_is_told_to_both_once(practice: Practice) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)

    assert await told(practice, coach) == ["SESSION_BOOKED"]
    assert await told(practice, member) == ["BOOKING_CONFIRMED"]
    facts = await facts_of(practice, coach, "SESSION_BOOKED")
    assert facts.keys() == {"session_id", "coach_id", "member_id", "starts_at", "ends_at", "version"}
    assert (facts["starts_at"], facts["ends_at"], facts["version"]) == (NINE, "2026-03-02T10:00:00+00:00", 1)
    assert session


async def test_11_4_a_confirmed_booking_is_told_to_its_member_by_mail_too(practice: Practice) -> None:
    coach, member = await pair(practice)
    await booked(practice, member, coach, NINE)

    assert await mails(practice, member) == [("BOOKING_CONFIRMED", "PENDING")]


async def test_a_session_that_is_entered_afterwards_is_told_in_the_app_and_not_by_mail(practice: Practice) -> None:
    coach, member = await pair(practice)
    await schedule(practice, coach, member, "2026-02-23T09:00:00Z", overrideReason="Met before there was a calendar")

    assert (await told(practice, coach), await told(practice, member)) == (["SESSION_BOOKED"], ["BOOKING_CONFIRMED"])
    assert await mails(practice, coach) == [("SESSION_BOOKED", "SKIPPED")]
    assert await mails(practice, member) == [("BOOKING_CONFIRMED", "SKIPPED")]


async def test_11_5_a_booking_that_is_rejected_because_the_slot_is_full_is_told_to_the_member(
    practice: Practice,
) -> None:
    coach, first = await pair(practice)
    late = await practice.member(coach)
    await booked(practice, first, coach, NINE)
    assert (await book(practice, late, coach, NINE))["code"] == "SLOT_FULL"

    assert await told(practice, late) == ["BOOKING_REJECTED"]
    facts = await facts_of(practice, late, "BOOKING_REJECTED")
    assert (facts["reason"], facts["starts_at"]) == ("FULL", "2026-03-02T09:00:00+00:00")
    assert await told(practice, coach) == ["SESSION_BOOKED"]


async def test_a_booking_that_is_rejected_for_another_reason_is_told_to_nobody(practice: Practice) -> None:
    coach, member = await pair(practice)
    await book(practice, member, coach, "2026-03-02T09:30:00Z")

    assert await told(practice, member) == await told(practice, coach) == []


async def test_11_6_4_6_and_9_1_a_completed_session_is_told_to_both_and_the_member_is_asked_to_rate_it(
    practice: Practice,
) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    await practice.work()
    practice.clock.move(hours=2)
    await practice.ask(COMPLETE, coach, id=session)

    assert await told(practice, coach) == ["SESSION_BOOKED", "SESSION_COMPLETED"]
    assert await told(practice, member) == ["BOOKING_CONFIRMED", "SESSION_COMPLETED"]
    assert ("SESSION_COMPLETED", "PENDING") in await mails(practice, member)
    assert "SESSION_COMPLETED" not in dict(await mails(practice, coach)), "who did it needs no mail"


@pytest.mark.parametrize("who", ["member", "coach", "admin"])
async def test_11_7_and_4_7_a_cancelled_session_is_told_to_both_whoever_cancels(practice: Practice, who: str) -> None:
    coach, member = await pair(practice)
    asker = {"member": member, "coach": coach, "admin": await practice.admin()}[who]
    await cancelled(practice, asker, await booked(practice, member, coach, NINE))

    assert "SESSION_CANCELLED" in await told(practice, coach)
    assert "SESSION_CANCELLED" in await told(practice, member)
    assert ("SESSION_CANCELLED", "PENDING") in await mails(practice, coach)


async def test_a_rescheduled_session_is_told_to_both_with_both_times(practice: Practice) -> None:
    coach, member = await pair(practice)
    await moved(practice, member, await booked(practice, member, coach, NINE), TEN)

    assert "SESSION_RESCHEDULED" in await told(practice, coach)
    assert "SESSION_RESCHEDULED" in await told(practice, member)
    facts = await facts_of(practice, member, "SESSION_RESCHEDULED")
    assert (facts["from_starts_at"], facts["starts_at"]) == (NINE, TEN)
    assert (facts["ends_at"], facts["version"]) == ("2026-03-02T11:00:00+00:00", 2)


async def test_11_8_a_new_member_is_told_to_the_coach(practice: Practice) -> None:
    coach, member, admin = await practice.coach(), await practice.member(), await practice.admin()
    await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": coach.id})

    assert await told(practice, coach) == ["MEMBER_ASSIGNED"]
    assert await told(practice, member) == await told(practice, admin) == []


async def test_a_coach_whose_member_has_left_again_is_not_told_of_them(practice: Practice) -> None:
    former, coach, member = await practice.coach(), await practice.coach(), await practice.member()
    await transferred(practice, member, former)
    await transferred(practice, member, coach)

    assert await told(practice, former) == []
    assert await told(practice, coach) == ["MEMBER_ASSIGNED"]


async def test_a_plan_that_is_shared_is_told_to_the_member_unless_it_is_not_any_more(practice: Practice) -> None:
    coach, member = await pair(practice)
    plan = await planned(practice, coach, await booked(practice, member, coach, NINE))
    await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
    await practice.ask(UNSHARE, coach, id=plan["id"])
    assert "PLAN_SHARED" not in await told(practice, member)

    await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
    assert "PLAN_SHARED" in await told(practice, member)
    assert "PLAN_SHARED" not in await told(practice, coach)


async def test_the_member_is_reminded_of_a_plan(practice: Practice) -> None:
    coach, member = await pair(practice)
    plan = await planned(practice, coach, await booked(practice, member, coach, NINE))
    await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
    await practice.ask(UPDATE_PLAN, coach, input={"id": plan["id"], "remindAt": "2026-03-02T08:30:00Z"})
    practice.clock.move(minutes=31)

    assert "PLAN_REMINDER" in await told(practice, member)
    assert (await facts_of(practice, member, "PLAN_REMINDER"))["starts_at"] == "2026-03-02T09:00:00+00:00"


async def test_a_note_is_told_to_the_other_side(practice: Practice) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    await noted(practice, coach, session)
    assert "NOTE_SHARED" in await told(practice, member)
    assert "NOTE_SHARED" not in await told(practice, coach)

    await noted(practice, member, session)
    assert "NOTE_SHARED" in await told(practice, coach)
    assert Counter(await told(practice, member))["NOTE_SHARED"] == 1


async def test_a_note_of_after_a_transfer_is_told_to_the_coach_of_today(practice: Practice) -> None:
    former, member = await pair(practice)
    coach = await practice.coach()
    session = await booked(practice, member, former, NINE)
    practice.clock.move(minutes=1)
    await transferred(practice, member, coach)
    practice.clock.move(minutes=1)
    await noted(practice, member, session)

    assert "NOTE_SHARED" not in await told(practice, former)
    assert "NOTE_SHARED" in await told(practice, coach)


async def test_a_job_that_is_done_twice_and_twice_at_once_tells_once(practice: Practice) -> None:
    coach, member = await pair(practice)
    await booked(practice, member, coach, NINE)
    ((id, event_type, event, at),) = await practice.rows("SELECT id, event_type, event, created_at FROM outbox")
    payload = Happened(id=id, event_type=event_type, event=event, at=at).model_dump(mode="json")

    await asyncio.gather(*(NOTIFY.work(Context(practice.house), payload) for _ in range(4)))
    await NOTIFY.work(Context(practice.house), payload)

    assert await practice.count("notifications") == await practice.count("deliveries") == 2
    assert await practice.count("pgqueuer") == 2


async def test_an_event_costs_a_handful_of_statements(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    coach, member = await pair(practice)
    await booked(practice, member, coach, NINE)
    ((id, event_type, event, at),) = await practice.rows("SELECT id, event_type, event, created_at FROM outbox")
    happened = Happened(id=id, event_type=event_type, event=event, at=at)
    async with practice.as_system() as db:
        statements = 0
        execute = db.execute

        async def counting(*args: object, **kwargs: object) -> object:
            nonlocal statements
            statements += 1
            return await execute(*args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(db, "execute", counting)
        await telling.tell(db, happened, now=practice.clock())

    assert statements == 3
