"""What coaches do with sessions and with whole slots reaches the open views of slots and of sessions."""

from typing import Any

import pytest

from tests.lifecycle import CANCEL_SLOT, COMPLETE_SLOT, complete, no_show, schedule
from tests.live.session_views import watching_sessions
from tests.live.views import assert_view_follows, version_of, watching
from tests.operations import add_window, booked
from tests.practice import Practice

NINE, TEN, ELEVEN, ONE = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11, 13))
WEEK = ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")


async def test_what_a_coach_books_reaches_the_view_of_slots(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach, end="14:00")

    listed = await assert_view_follows(practice, coach, WEEK, lambda: schedule(practice, coach, member, NINE))
    beside = await assert_view_follows(
        practice,
        coach,
        WEEK,
        lambda: schedule(practice, coach, member, "2026-03-02T11:30:00Z", overrideReason="The only time they have"),
    )

    assert listed.bookable == [TEN, ELEVEN, "2026-03-02T12:00:00Z", ONE]
    assert beside.bookable == [TEN, ONE]


async def test_15_4_a_slot_that_is_cancelled_is_bookable_again(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(3, coach)
    await add_window(practice, coach, seats=3)
    for member in members:
        await booked(practice, member, coach, NINE)

    async with watching(practice, coach, coach, *WEEK) as view:
        assert view.bookable == [TEN, ELEVEN]
        await practice.ask(CANCEL_SLOT, coach, input={"startsAt": NINE})
        await view.reaches(await version_of(practice, coach))

    assert view.bookable == [NINE, TEN, ELEVEN]
    (slot,) = [each for each in view.slots.values() if each["startsAt"] == NINE]
    assert slot["remaining"] == 3


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda practice, coach, _: practice.ask(CANCEL_SLOT, coach, input={"startsAt": NINE}), "CANCELLED"),
        (lambda practice, coach, _: practice.ask(COMPLETE_SLOT, coach, input={"startsAt": NINE}), "COMPLETED"),
        (lambda practice, coach, session_id: complete(practice, coach, session_id), "COMPLETED"),
        (lambda practice, coach, session_id: no_show(practice, coach, session_id), "NO_SHOW"),
    ],
    ids=["cancelSlot", "completeSlot", "completeSession", "markNoShow"],
)
async def test_the_end_of_a_session_reaches_its_member(practice: Practice, change: Any, status: str) -> None:
    coach = await practice.coach()
    member, neighbour = await practice.members(2, coach)
    await add_window(practice, coach, seats=2)
    session_id = await booked(practice, member, coach, NINE)
    await booked(practice, neighbour, coach, NINE)
    practice.clock.move(hours=1, minutes=30)

    async with watching_sessions(practice, member, member=member) as view:
        await view.shows(NINE)
        await change(practice, coach, session_id)
        await view.shows()

    assert view.closed == {session_id: status}
