"""An endpoint is told only of what its coach may know, and nothing once the coach may have none."""

import pytest

from tests.interventions import item
from tests.operations import ASSIGN, add_window, booked, noted, transferred
from tests.practice import Person, Practice
from tests.receiving import Receiver, receiving
from tests.risks import assessed
from tests.webhooks import endpoint, messages

pytestmark = pytest.mark.usefixtures("loopback")

NINE, TEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10))
SWITCHED_OFF = "UPDATE users SET is_active = false WHERE id = :id RETURNING 1"
MAY_NOT = (
    "INSERT INTO user_permissions (user_id, permission, is_granted) VALUES (:id, 'webhooks:manage', false) RETURNING 1"
)


@pytest.fixture
async def coach(practice: Practice) -> Person:
    coach = await practice.coach()
    await add_window(practice, coach, seats=9)
    return coach


@pytest.mark.parametrize("change", [SWITCHED_OFF, MAY_NOT])
async def test_nothing_leaves_for_a_coach_who_may_have_no_webhooks_any_more(
    practice: Practice, coach: Person, receiver: Receiver, change: str
) -> None:
    member, admin = await practice.member(coach), await practice.admin()
    id_, _ = await endpoint(practice, coach, receiver.url, eventTypes=["session.booked"])
    await booked(practice, member, coach, NINE)
    await practice.worker.relay()
    async with receiving() as of_the_practice:
        await endpoint(practice, admin, of_the_practice.url, eventTypes=["session.booked"])
        await practice.rows(change, id=coach.user.id)
        await booked(practice, member, coach, TEN)
        await practice.work()

        assert [told["data"]["startsAt"] for told in of_the_practice.told] == [NINE, TEN]
    assert receiver.received == []
    assert await messages(practice, admin, id_) == []


@pytest.mark.parametrize("change", [SWITCHED_OFF, MAY_NOT])
async def test_what_was_on_its_way_to_such_a_coach_is_given_up(
    practice: Practice, coach: Person, receiver: Receiver, change: str
) -> None:
    member, admin = await practice.member(coach), await practice.admin()
    id_, _ = await endpoint(practice, coach, receiver.url)
    receiver.status = 500
    await booked(practice, member, coach, NINE)
    await practice.work()
    await practice.rows(change, id=coach.user.id)
    await practice.rows("UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued' RETURNING 1")
    await practice.work()

    (message,) = await messages(practice, admin, id_)
    assert (message["status"], len(message["attempts"])) == ("FAILED", 1)
    assert message["reason"] == "its coach may have no webhooks any more"


async def test_of_a_note_that_came_after_a_transfer_the_coach_of_today_hears_and_not_the_one_before(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    today, admin, member = await practice.coach(), await practice.admin(), await practice.member(coach)
    session = await booked(practice, member, coach, NINE)
    async with receiving() as of_today:
        await endpoint(practice, coach, receiver.url, eventTypes=["note.shared"])
        await endpoint(practice, today, of_today.url, eventTypes=["note.shared"])
        before = await noted(practice, member, session)
        await practice.work()
        await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": today.id})
        later = [await noted(practice, who, session) for who in (today, member)]
        await practice.work()

        assert {told["data"]["noteId"] for told in of_today.told} == {note["id"] for note in later}
    assert [told["data"]["noteId"] for told in receiver.told] == [before["id"]]


@pytest.mark.parametrize("has_left", [True, False])
async def test_of_a_risk_nobody_hears_whom_the_member_has_left_or_who_may_see_no_risks(
    practice: Practice, coach: Person, receiver: Receiver, has_left: bool
) -> None:
    admin, member = await practice.admin(), await practice.member(coach)
    await endpoint(practice, coach, receiver.url, eventTypes=["risk.assessed", "action_item.added"])
    async with receiving() as of_the_practice:
        await endpoint(practice, admin, of_the_practice.url, eventTypes=["risk.assessed"])
        await assessed(practice, coach, member, "MEDIUM")
        if has_left:
            await transferred(practice, member, await practice.coach())
        else:
            await item(practice, coach, member)
            await practice.rows(MAY_NOT.replace("webhooks:manage", "risk:read"), id=coach.user.id)
        await practice.work()

        assert [told["type"] for told in of_the_practice.told] == ["risk.assessed"]
    assert [told["type"] for told in receiver.told] == ([] if has_left else ["action_item.added"])
