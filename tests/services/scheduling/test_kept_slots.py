"""Answers about slots are kept as bytes, and are right all the same: whatever changes one, the next is another."""

from random import Random
from typing import Any

import pytest

from app.api import schema
from app.models.coaches import BookingAudience
from app.platform.settings import Settings
from tests.operations import (
    ADD_TIME_OFF,
    ASSIGN,
    AVAILABLE,
    CANCEL,
    EVERY_DAY,
    UPDATE_COACH,
    add_window,
    book,
    booked,
)
from tests.practice import MovableClock, Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
WEEK = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-09T00:00:00Z"}


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    schema.kept.__init__()  # type: ignore[misc]


async def bookable(practice: Practice, who: Person | None, coach: Person, **more: Any) -> list[str]:
    calendar = await practice.ask(AVAILABLE, who, coachId=coach.id, **WEEK | more)
    return [slot["startsAt"] for slot in calendar["slots"] if slot["isBookable"]]


async def test_the_same_answer_is_kept_once_for_all_who_see_the_same(practice: Practice) -> None:
    coach = await practice.coach(booking_audience=BookingAudience.PUBLIC)
    await add_window(practice, coach)
    first, second = await practice.members(2, coach)

    answers = [await bookable(practice, who, coach) for who in (first, second, coach, None, first)]

    assert answers == [[NINE, TEN, ELEVEN]] * 5
    assert len(schema.kept) == (1 if schema.compiled else 0)


async def test_a_booking_changes_the_next_answer_of_everybody(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    first, second = await practice.members(2, coach)
    before = await bookable(practice, second, coach)
    await booked(practice, first, coach, NINE)

    assert (before, await bookable(practice, second, coach)) == ([NINE, TEN, ELEVEN], [TEN, ELEVEN])


async def test_so_does_one_at_another_server(practice: Practice, settings: Settings) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    first, second = await practice.members(2, coach)
    await bookable(practice, second, coach)
    async with Practice.opened(settings, practice.clock, emptied=False) as other:
        await booked(other, first, coach, NINE)

        assert await bookable(practice, second, coach) == [TEN, ELEVEN]


async def test_notice_passes_without_any_write(practice: Practice) -> None:
    coach = await practice.coach(min_notice_minutes=60)
    await add_window(practice, coach)
    at_eight = await bookable(practice, coach, coach)
    practice.clock.move(microseconds=1)
    after_eight = await bookable(practice, coach, coach)
    practice.clock.move(microseconds=-1)

    assert (at_eight, after_eight) == ([NINE, TEN, ELEVEN], [TEN, ELEVEN])
    assert await bookable(practice, coach, coach) == at_eight


async def test_the_booking_window_opens_a_new_day_at_the_coachs_midnight(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=1, time_zone="Asia/Kolkata")
    for day in EVERY_DAY:
        await add_window(practice, coach, day=day, start="23:00", end="23:59", seats=1)
    await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "sessionMinutes": 30})
    today = await bookable(practice, coach, coach)
    practice.clock.move(hours=10.5)  # from 13:30 there to midnight
    tomorrow = await bookable(practice, coach, coach)

    assert today == ["2026-03-02T17:30:00Z", "2026-03-03T17:30:00Z"]
    assert tomorrow == ["2026-03-03T17:30:00Z", "2026-03-04T17:30:00Z"]


async def test_a_members_session_with_another_coach_is_in_their_way_and_nobody_elses(practice: Practice) -> None:
    coach = await practice.coach(booking_audience=BookingAudience.MEMBERS)
    other = await practice.coach(booking_audience=BookingAudience.MEMBERS)
    for each in (coach, other):
        await add_window(practice, each)
    busy, free = await practice.members(2)
    before = await bookable(practice, busy, coach)
    session = await booked(practice, busy, other, TEN)
    with_it = [await bookable(practice, who, coach) for who in (busy, free)]
    await practice.ask(CANCEL, busy, input={"sessionId": session})

    assert (before, with_it) == ([NINE, TEN, ELEVEN], [[NINE, ELEVEN], [NINE, TEN, ELEVEN]])
    assert await bookable(practice, busy, coach) == before


async def test_the_right_to_look_ends_at_once(practice: Practice) -> None:
    coach, next_coach = await practice.coach(booking_audience=BookingAudience.PUBLIC), await practice.coach()
    member = await practice.member(coach)
    admin = await practice.admin()
    await add_window(practice, coach)
    assert await bookable(practice, None, coach) == [NINE, TEN, ELEVEN]
    await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "bookingAudience": "ASSIGNED"})

    assert (await practice.refusal(AVAILABLE, None, coachId=coach.id, **WEEK))["code"] == "FORBIDDEN"
    assert await bookable(practice, member, coach) == [NINE, TEN, ELEVEN]
    await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": next_coach.id})
    assert (await practice.refusal(AVAILABLE, member, coachId=coach.id, **WEEK))["code"] == "FORBIDDEN"


async def test_zones_and_unavailable_slots_are_answers_of_their_own(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    await booked(practice, member, coach, NINE)

    async def shown(**more: Any) -> list[str]:
        calendar = await practice.ask(AVAILABLE, coach, coachId=coach.id, **WEEK, **more)
        return [slot["localTime"] for slot in calendar["slots"]]

    for _ in range(2):
        assert await shown() == ["10:00:00", "11:00:00"]
        assert await shown(zone="Asia/Tokyo") == ["19:00:00", "20:00:00"]
        assert await shown(all=True) == ["09:00:00", "10:00:00", "11:00:00"]


async def test_a_kept_answer_is_always_what_would_be_computed(practice: Practice, settings: Settings) -> None:
    """Whoever looks, and whatever happens between two looks: at this server, at another, or by the clock alone."""
    random = Random(20_261_121)
    coaches = [
        await practice.coach(
            booking_audience=audience, min_notice_minutes=90, booking_window_days=2, time_zone="Europe/London"
        )
        for audience in (BookingAudience.PUBLIC, BookingAudience.MEMBERS)
    ]
    members = await practice.members(3, coaches[0])
    for coach in coaches:
        for day in EVERY_DAY[:5]:
            await add_window(practice, coach, day=day, seats=2)
    sessions: list[tuple[Person, str]] = []

    async def act(at: Practice, clock: MovableClock) -> None:
        who, coach = random.choice(members), random.choice(coaches)
        match random.randrange(5):
            case 0 | 1:
                answer = await book(at, who, coach, random.choice([NINE, TEN, ELEVEN, "2026-03-04T09:00:00Z"]))
                if answer["__typename"] == "Booking":
                    sessions.append((who, answer["session"]["id"]))
            case 2 if sessions:
                whose, session = sessions.pop(random.randrange(len(sessions)))
                await at.ask(CANCEL, whose, input={"sessionId": session})
            case 3:
                clock.move(minutes=random.choice([1, 30, 60, 600]))
            case _:
                start = f"2026-03-0{random.randint(3, 5)}T0{random.randint(0, 9)}:00:00Z"
                await at.ask(
                    ADD_TIME_OFF, coach, input={"startsAt": start, "endsAt": start.replace(":00:00", ":30:00")}
                )

    async with Practice.opened(settings, practice.clock, emptied=False) as other:
        for _ in range(40):
            await act(random.choice([practice, other]), practice.clock)
            for who in random.sample([*members, *coaches, None], 3):
                variables = {"coachId": random.choice(coaches).id, **WEEK, "all": random.random() < 0.5}
                kept = await practice.execute(AVAILABLE, who, **variables)
                made = await schema.execute(
                    AVAILABLE,
                    variable_values=variables,
                    context_value=other.context(who),
                    operation_extensions={"cost": True},
                )
                assert kept["data"] == made.data
