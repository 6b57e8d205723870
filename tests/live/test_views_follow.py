"""Every path that moves capacity reaches the open views, once, after its commit (15.2 to 15.4)."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from strawberry.types.graphql import OperationType

from app.api import schema
from app.wire.documents import Prepared
from tests.live.views import WATCH, assert_view_follows, version_of, watching
from tests.operations import (
    ADD_TIME_OFF,
    ADD_WINDOW,
    CANCEL,
    REMOVE_TIME_OFF,
    REMOVE_WINDOW,
    RESCHEDULE,
    UPDATE_COACH,
    UPDATE_WINDOW,
    add_window,
    book,
    booked,
)
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
WEEK = ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")


async def test_15_2_a_booking_reaches_the_view(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    view = await assert_view_follows(practice, coach, WEEK, lambda: booked(practice, member, coach, NINE))

    assert view.bookable == [TEN, ELEVEN]


async def test_15_3_a_slot_that_reaches_capacity_is_shown_as_full(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach, seats=2)
    await booked(practice, first, coach, NINE)

    view = await assert_view_follows(practice, coach, WEEK, lambda: booked(practice, second, coach, NINE))

    (full,) = [slot for slot in view.slots.values() if slot["startsAt"] == NINE]
    assert (full["remaining"], full["isBookable"], full["unavailableReason"]) == (0, False, "FULL")


async def test_15_4_a_cancelled_booking_is_bookable_again(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)

    view = await assert_view_follows(
        practice, coach, WEEK, lambda: practice.ask(CANCEL, member, input={"sessionId": session})
    )

    assert view.bookable == [NINE, TEN, ELEVEN]


async def test_a_rescheduled_session_frees_one_slot_and_takes_another(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)
    moved = {"sessionId": session, "startsAt": ELEVEN}

    view = await assert_view_follows(practice, coach, WEEK, lambda: practice.ask(RESCHEDULE, member, input=moved))

    assert view.bookable == [NINE, TEN]


async def test_windows_reach_the_view(practice: Practice) -> None:
    coach = await practice.coach()
    tuesday = {"dayOfWeek": "TUESDAY", "startTime": "09:00", "endTime": "11:00", "maxSessionsPerSlot": 3}
    await add_window(practice, coach)

    added = await assert_view_follows(practice, coach, WEEK, lambda: practice.ask(ADD_WINDOW, coach, input=tuesday))
    assert len(added.slots) == 5
    window_id = (await practice.ask("{ viewer { coach { availabilityWindows { id } } } }", coach))["coach"][
        "availabilityWindows"
    ][1]["id"]
    shorter = {"id": window_id, "endTime": "10:00"}
    changed = await assert_view_follows(
        practice, coach, WEEK, lambda: practice.ask(UPDATE_WINDOW, coach, input=shorter)
    )
    assert len(changed.slots) == 4
    removed = await assert_view_follows(
        practice, coach, WEEK, lambda: practice.ask(REMOVE_WINDOW, coach, input={"id": window_id})
    )
    assert len(removed.slots) == 3


async def test_time_off_reaches_the_view(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    away: dict[str, Any] = {"startsAt": NINE, "endsAt": TEN}
    ids: list[str] = []

    async def add() -> None:
        ids.append((await practice.ask(ADD_TIME_OFF, coach, input=away))["id"])

    view = await assert_view_follows(practice, coach, WEEK, add)
    assert view.bookable == [TEN, ELEVEN]
    view = await assert_view_follows(
        practice, coach, WEEK, lambda: practice.ask(REMOVE_TIME_OFF, coach, input={"id": ids[0]})
    )
    assert view.bookable == [NINE, TEN, ELEVEN]


@pytest.mark.parametrize(
    ("changes", "bookable"),
    [
        ({"bufferMinutes": 30}, [NINE, "2026-03-02T10:30:00Z"]),
        ({"sessionMinutes": 90}, [NINE, "2026-03-02T10:30:00Z"]),
        ({"slotIntervalMinutes": 120}, [NINE, ELEVEN]),
        ({"minNoticeMinutes": 90}, [TEN, ELEVEN]),
        ({"bookingWindowDays": 0}, [NINE, TEN, ELEVEN]),
        ({"timeZone": "Europe/Paris"}, ["2026-03-02T08:00:00Z", NINE, TEN]),
        ({"bookingAudience": "PUBLIC"}, [NINE, TEN, ELEVEN]),
    ],
)
async def test_settings_of_the_calendar_reach_the_view(
    practice: Practice, changes: dict[str, Any], bookable: list[str]
) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    given = {"id": coach.id, **changes}

    view = await assert_view_follows(practice, coach, WEEK, lambda: practice.ask(UPDATE_COACH, coach, input=given))

    assert view.bookable == bookable


async def test_capacity_of_a_window_reaches_the_view(practice: Practice) -> None:
    coach = await practice.coach()
    window_id = await add_window(practice, coach)
    wider = {"id": window_id, "maxSessionsPerSlot": 5}

    view = await assert_view_follows(practice, coach, WEEK, lambda: practice.ask(UPDATE_WINDOW, coach, input=wider))

    assert {slot["capacity"] for slot in view.slots.values()} == {5}


async def test_a_refused_booking_and_a_profile_change_tell_nobody(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    await booked(practice, first, coach, NINE)
    async with watching(practice, second, coach, *WEEK) as view:
        before = await version_of(practice, coach)

        assert (await book(practice, second, coach, NINE))["code"] == "SLOT_FULL"
        await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "bio": "New words"})

        assert await version_of(practice, coach) == before
        await booked(practice, second, coach, TEN)
        await view.reaches(before + 1)
        assert view.messages == 2


async def test_members_see_slots_live_without_names(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    async with watching(practice, second, coach, *WEEK) as view:
        await booked(practice, first, coach, NINE)
        await view.reaches(2)

    assert view.bookable == [TEN, ELEVEN]


async def _refused(practice: Practice, who: Person | None, coach: Person) -> str:
    variables = {"coachId": coach.id, "from": WEEK[0], "to": WEEK[1]}
    stream = await practice.subscribe(WATCH, who, **variables)
    return str(stream[0]["extensions"]["code"])


async def test_a_stranger_watches_public_slots_only(practice: Practice) -> None:
    hidden, public = await practice.coach(), await practice.coach(booking_audience="PUBLIC")
    await add_window(practice, public)

    assert await _refused(practice, None, hidden) == "FORBIDDEN"
    async with watching(practice, None, public, *WEEK) as view:
        assert len(view.slots) == 3


async def test_the_right_to_see_is_asked_again_for_every_change(practice: Practice) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    await add_window(practice, coach)
    async with watching(practice, None, coach, *WEEK) as strangers, watching(practice, coach, coach, *WEEK) as own:
        await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "bookingAudience": "ASSIGNED"})
        await own.reaches(2)
        await strangers.reaches(2)

        assert [error["extensions"]["code"] for error in strangers.errors] == ["FORBIDDEN"]
        assert not own.errors


async def test_a_slot_that_passes_its_notice_is_told_of_without_a_write(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=30)
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *WEEK) as view:
        assert view.bookable == [NINE, TEN, ELEVEN]
        practice.clock.move(minutes=45)
        await practice.house.live.move_time()
        async with asyncio.timeout(5), view.changed:
            await view.changed.wait_for(lambda: view.messages == 2)

        assert view.bookable == [TEN, ELEVEN]


async def test_who_joins_after_time_has_moved_makes_the_others_see_it_too(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=30)
    member = await practice.member(coach)
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *WEEK) as view:
        practice.clock.move(minutes=45)
        async with watching(practice, member, coach, *WEEK) as joined:
            async with asyncio.timeout(5), view.changed:
                await view.changed.wait_for(lambda: view.messages == 2)

            assert view.bookable == joined.bookable == [TEN, ELEVEN]


async def test_views_of_one_range_share_one_reading(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *WEEK) as one, watching(practice, member, coach, *WEEK) as other:
        readings = practice.house.live.readings
        await booked(practice, member, coach, NINE)
        await one.reaches(2)
        await other.reaches(2)

        assert one.slots == other.slots
        assert practice.house.live.readings == readings + 1


async def test_a_change_is_executed_once_for_all_views_that_were_shown_the_same(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await practice.coach()
    members = await practice.members(4, coach)
    await add_window(practice, coach)
    executed: list[str] = []

    def note(prepared: Prepared, run: object, plan: object) -> None:
        if prepared.operation_type is OperationType.SUBSCRIPTION:
            executed.append(prepared.operation.selection_set.selections[0].name.value)  # type: ignore[union-attr]

    monkeypatch.setattr(schema, "executed", note)
    async with AsyncExitStack() as stack:
        views = [await stack.enter_async_context(watching(practice, who, coach, *WEEK)) for who in members]
        assert executed == ["slotAvailability"]  # the snapshot, which those who come later are given too
        await booked(practice, members[0], coach, NINE)
        for view in views:
            await view.reaches(2)

        assert executed == ["slotAvailability"] * 2
        assert all(view.slots == views[0].slots for view in views)


async def test_nothing_is_kept_for_views_that_are_closed(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    async with watching(practice, coach, coach, *WEEK):
        assert practice.house.live.open_views == 1

    assert practice.house.live.open_views == 0


async def test_members_who_open_one_view_at_the_same_moment_all_get_it(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(12, coach)
    await add_window(practice, coach)

    async def look(who: Person) -> int:
        async with watching(practice, who, coach, *WEEK) as view:
            assert view.errors == []
            return len(view.slots)

    assert await asyncio.gather(*(look(member) for member in members)) == [3] * 12
