"""A coach or an admin books for a member: in whose calendar, for whom, and what a reason gets them past."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from app.actor import Actor
from app.events import SessionBooked
from app.services.scheduling import writer
from app.wire.relay import global_id
from tests.lifecycle import SCHEDULE, life, schedule
from tests.models.small_practice import refused_with
from tests.operations import (
    ADD_TIME_OFF,
    RESCHEDULE,
    add_window,
    book,
    booked,
    moved,
    nothing_written,
    slots,
    transferred,
)
from tests.practice import MONDAY, Person, Practice

NINE, TEN, ELEVEN, ONE = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11, 13))
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
WHY = {"overrideReason": "The only time they have"}


async def with_member(practice: Practice, seats: int = 1, **changes: Any) -> tuple[Person, Person]:
    """A coach who works on Monday morning, and a member of theirs."""
    coach = await practice.coach(**changes)
    await add_window(practice, coach, seats=seats)
    return coach, await practice.member(coach)


async def history(practice: Practice, who: Person, session_id: str) -> list[tuple[Any, ...]]:
    seen = await life(practice, who, session_id)
    return [(change["kind"], change["overrideReason"], change["changedBy"]) for change in seen["history"]]


# Who, and for whom


@pytest.mark.parametrize("role", ["COACH", "ADMIN"])
async def test_a_session_is_made_for_the_member(practice: Practice, role: str) -> None:
    coach, member = await with_member(practice)
    who, whose = (coach, {}) if role == "COACH" else (await practice.admin(), {"coachId": coach.id})

    answer = await schedule(practice, who, member, NINE, note="Bring the plan", kind="REVIEW", **whose)

    session = answer["session"]
    assert (answer["__typename"], answer["status"]) == ("Booking", "CONFIRMED")
    assert (session["startsAt"], session["endsAt"], session["note"], session["kind"]) == (
        NINE,
        TEN,
        "Bring the plan",
        "REVIEW",
    )
    assert (session["member"]["id"], session["coach"]["id"]) == (member.id, coach.id)
    assert (answer["slot"]["booked"], answer["slot"]["unavailableReason"]) == (1, "FULL")
    assert await history(practice, member, session["id"]) == [("BOOKED", None, role)]
    (told,) = await practice.told()
    assert isinstance(told, SessionBooked)
    assert member.member is not None
    assert told.member_id == member.member.id
    assert [slot["localTime"] for slot in await slots(practice, member, coach, NINE, "2026-03-03T00:00:00Z")] == [
        "10:00:00",
        "11:00:00",
    ]
    await practice.nobody_is_overbooked()


async def test_a_coach_books_for_no_member_of_somebody_elses_and_in_no_other_calendar(practice: Practice) -> None:
    coach, member = await with_member(practice, booking_audience="MEMBERS")
    other, foreign = await with_member(practice, booking_audience="PUBLIC")
    unassigned = await practice.member()
    former = await practice.member(other)
    await booked(practice, former, coach, ELEVEN)

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(SCHEDULE, coach, input={"memberId": whom.id, "startsAt": TEN, **more})
            for whom, more in (
                (foreign, {}),
                (foreign, WHY),
                (unassigned, {}),
                (former, {}),
                (member, {"coachId": other.id}),
                (foreign, {"coachId": other.id}),
            )
        ]
        own = {"memberId": member.id, "coachId": coach.id, "startsAt": TEN}
        refusals.append(await practice.refusal(SCHEDULE, member, input=own))
        refusals.append(await practice.refusal(SCHEDULE, member, input=own | WHY))

    assert refusals == [FORBIDDEN] * 8


async def test_without_a_coach_an_admin_is_told_that_one_is_needed(practice: Practice) -> None:
    _, member = await with_member(practice)

    answer = await schedule(practice, await practice.admin(), member, NINE)

    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "coachId")
    assert answer["message"] == "is needed: you are not a coach yourself"
    wanted = {"memberId": member.id, "startsAt": NINE}
    assert await practice.refusal(SCHEDULE, member, input=wanted) == FORBIDDEN


async def test_not_by_sql_either(practice: Practice) -> None:
    coach, member = await with_member(practice)
    other, foreign = await with_member(practice)
    insert = (
        "INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, version,"
        " held_start, seat_no) VALUES (gen_random_uuid(), :coach, :member, 'A', :starts, :ends, 'REGULAR',"
        " 'INDIVIDUAL', 'SCHEDULED', 1, :starts, 1)"
    )
    times = {"starts": MONDAY.replace(hour=9), "ends": MONDAY.replace(hour=10)}

    async def refusal(asker: Actor, of_coach: Person, of_member: Person) -> str | None:
        assert of_coach.coach is not None
        assert of_member.member is not None
        async with practice.as_actor(asker) as db:
            keys = {"coach": of_coach.coach.id, "member": of_member.member.id}
            return await refused_with(db, insert, **keys, **times)

    assert await refusal(coach.actor, coach, foreign) == "42501"
    assert await refusal(coach.actor, other, member) == "42501"
    assert await refusal(coach.actor, other, foreign) == "42501"
    assert await refusal(member.actor, coach, member) == "42501"  # without its calendar opened to them
    assert await refusal(coach.actor, coach, member) == "23503"  # only the seat is missing


async def test_14_1_coach_and_member_exist_and_are_active(practice: Practice) -> None:
    coach, member = await with_member(practice)
    suspended, theirs = await with_member(practice, status="SUSPENDED")
    admin, paused = await practice.admin(), await practice.member(coach, status="PAUSED")
    nobody = replace(admin, member=None)  # an id of a user, where one of a member is asked for

    async with nothing_written(practice):
        answers = [
            await schedule(practice, who, whom, NINE, coachId=whose.id, **more)
            for who in (coach, admin)
            for whom, whose, more in ((paused, coach, {}), (paused, coach, WHY))
        ]
        answers += [await schedule(practice, admin, theirs, NINE, coachId=suspended.id, **more) for more in ({}, WHY)]
        wrong = await schedule(practice, admin, nobody, NINE, coachId=coach.id)
        unknown = {"Coach": global_id("Coach", uuid4()), "Member": global_id("Member", uuid4())}
        gone = [
            await practice.refusal(SCHEDULE, admin, input={"startsAt": NINE, "memberId": whom, "coachId": whose})
            for whom, whose in ((member.id, unknown["Coach"]), (unknown["Member"], coach.id))
        ]

    assert [answer["code"] for answer in answers] == ["MEMBER_NOT_ACTIVE"] * 4 + ["SLOT_UNAVAILABLE"] * 2
    assert [answer["reason"] for answer in answers[4:]] == ["COACH_NOT_ACTIVE"] * 2
    assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", "memberId")
    assert gone == [FORBIDDEN] * 2


async def test_a_member_who_is_transferred_meanwhile_is_somebody_elses(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the coach's right was looked at, before the session is written."""
    coach, member = await with_member(practice)
    new = await practice.coach()
    write = writer.write_requests

    async def late(*given: Any) -> Any:
        await transferred(practice, member, new)
        return await write(*given)

    with monkeypatch.context() as slowly:
        slowly.setattr(writer, "write_requests", late)
        refused = await practice.refusal(SCHEDULE, coach, input={"memberId": member.id, "startsAt": NINE})

    assert refused == FORBIDDEN
    assert await practice.count("sessions") == await practice.count("calendar_seats") == 0


# Once


@pytest.mark.parametrize("start", [NINE, ONE])
async def test_a_retry_under_the_same_key_gets_the_same_answer_and_books_nothing(
    practice: Practice, start: str
) -> None:
    coach, member = await with_member(practice, seats=2)
    given = {"idempotencyKey": "k", **WHY}
    first = await schedule(practice, coach, member, start, **given)

    async with nothing_written(practice):
        again = [await schedule(practice, coach, member, start, **given) for _ in range(2)]
        other = await schedule(practice, coach, member, TEN, **given)

    assert first["__typename"] == "Booking"
    assert again == [first] * 2
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_many_retries_at_once_book_once(practice: Practice) -> None:
    coach, member = await with_member(practice, seats=9)

    answers = await asyncio.gather(*(schedule(practice, coach, member, NINE, idempotencyKey="k") for _ in range(12)))

    assert len({answer["session"]["id"] for answer in answers}) == 1
    assert await practice.count("sessions") == 1


async def test_coach_and_member_who_take_the_same_time_at_once_do_not_both_get_it(practice: Practice) -> None:
    coach, member = await with_member(practice, seats=9)

    answers = await asyncio.gather(
        *(schedule(practice, coach, member, NINE) for _ in range(5)),
        *(book(practice, member, coach, NINE) for _ in range(5)),
    )

    assert [answer["__typename"] for answer in answers].count("Booking") == 1
    assert await practice.count("sessions") == 1
    await practice.nobody_is_overbooked()


# What a reason gets them past


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("2026-03-02T13:00:00Z", "OUTSIDE_AVAILABILITY"),
        ("2026-03-02T09:30:00Z", "NOT_A_SLOT_START"),
        ("2026-03-02T07:00:00Z", "OUTSIDE_AVAILABILITY"),  # is over
        ("2026-02-23T09:00:00Z", "IN_THE_PAST"),
        ("2026-03-02T09:00:00Z", "TOO_SOON"),
        ("2026-08-03T09:00:00Z", "TOO_FAR_AHEAD"),
        ("2026-03-09T09:00:00Z", "TIME_OFF"),
    ],
)
async def test_a_reason_is_needed_and_kept(practice: Practice, start: str, reason: str) -> None:
    coach, member = await with_member(practice, min_notice_minutes=90)
    away = {"startsAt": "2026-03-09T00:00:00Z", "endsAt": "2026-03-10T00:00:00Z"}
    await practice.ask(ADD_TIME_OFF, coach, input=away)

    async with nothing_written(practice):
        without = await schedule(practice, coach, member, start)
    answer = await schedule(practice, coach, member, start, **WHY)

    assert (without["code"], without["reason"]) == ("SLOT_UNAVAILABLE", reason)
    assert answer["__typename"] == "Booking"
    for who in (coach, member):
        assert await history(practice, who, answer["session"]["id"]) == [("BOOKED", WHY["overrideReason"], "COACH")]


async def test_a_reason_that_nothing_needed_is_not_kept_as_one(practice: Practice) -> None:
    coach, member = await with_member(practice)

    answer = await schedule(practice, coach, member, NINE, **WHY)

    assert await history(practice, coach, answer["session"]["id"]) == [("BOOKED", None, "COACH")]


@pytest.mark.parametrize("start", ["2026-03-02T13:00:01Z", "2026-03-02T13:00:00.000001Z", "2026-03-02T09:00:59.5Z"])
async def test_sessions_start_at_full_minutes_whatever_the_reason(practice: Practice, start: str) -> None:
    coach, member = await with_member(practice)
    session_id = await booked(practice, member, coach, TEN)

    async with nothing_written(practice):
        answers = [
            await schedule(practice, coach, member, start, **WHY),
            await moved(practice, coach, session_id, start, **WHY),
        ]

    assert [(answer["code"], answer["reason"]) for answer in answers] == [("SLOT_UNAVAILABLE", "NOT_A_SLOT_START")] * 2


async def test_beside_the_grid_there_is_one_place(practice: Practice) -> None:
    coach, member = await with_member(practice, seats=9)
    others = await practice.members(3, coach)
    first = await schedule(practice, coach, member, ONE, **WHY)

    async with nothing_written(practice):
        second = await schedule(practice, coach, others[0], ONE, **WHY)

    assert (first["__typename"], first["slot"]) == ("Booking", None)  # nobody else is offered it
    assert (second["code"], second["message"]) == ("SLOT_FULL", "This slot is now full, please choose another")


async def test_of_many_who_schedule_beside_the_grid_at_once_one_does(practice: Practice) -> None:
    coach, _ = await with_member(practice)
    members = await practice.members(10, coach)
    admin = await practice.admin()

    answers = await asyncio.gather(
        *(
            schedule(practice, who, member, ONE, coachId=coach.id, **WHY)
            for member, who in zip(members, [coach, admin] * 5, strict=True)
        )
    )

    assert sorted(answer["__typename"] for answer in answers) == ["Booking", *["SlotFull"] * 9]
    await practice.nobody_is_overbooked()


@pytest.mark.parametrize("seats", [1, 3])
async def test_nothing_oversells_a_slot(practice: Practice, seats: int) -> None:
    coach, _ = await with_member(practice, seats=seats, min_notice_minutes=600)
    members = await practice.members(seats + 1, coach)
    for member in members[:seats]:
        assert (await schedule(practice, coach, member, NINE, **WHY))["__typename"] == "Booking"

    async with nothing_written(practice):
        answer = await schedule(practice, coach, members[seats], NINE, **WHY)

    assert answer["code"] == "SLOT_FULL"
    await practice.nobody_is_overbooked()


async def test_nothing_puts_a_member_in_two_places(practice: Practice) -> None:
    coach, member = await with_member(practice)
    other = await practice.coach(booking_audience="MEMBERS")
    await add_window(practice, other, start="12:30", end="13:30")
    await booked(practice, member, other, "2026-03-02T12:30:00Z")

    async with nothing_written(practice):
        answers = [await schedule(practice, coach, member, start, **WHY) for start in ("2026-03-02T12:00:00Z", ONE)]

    assert [(answer["code"], answer["reason"]) for answer in answers] == [("SLOT_UNAVAILABLE", "MEMBER_BUSY")] * 2


@pytest.mark.parametrize("start", ["2026-03-02T08:10:00Z", "2026-03-02T09:30:00Z", "2026-03-02T10:10:00Z"])
async def test_nothing_breaks_into_the_time_and_the_buffer_of_another_start(practice: Practice, start: str) -> None:
    coach, member = await with_member(practice, seats=9, buffer_minutes=15)
    neighbour = await practice.member(coach)
    await booked(practice, neighbour, coach, NINE)

    async with nothing_written(practice):
        answer = await schedule(practice, coach, member, start, **WHY)
    beside = await schedule(practice, coach, member, "2026-03-02T10:15:00Z", **WHY)

    assert (answer["code"], answer["reason"]) == ("SLOT_UNAVAILABLE", "CONFLICTS_WITH_SESSION")
    assert beside["__typename"] == "Booking"
    await practice.nobody_is_overbooked()


# Moving with a reason


@pytest.mark.parametrize("role", ["COACH", "ADMIN"])
async def test_coach_and_admin_move_a_session_past_availability_with_a_reason(practice: Practice, role: str) -> None:
    coach, member = await with_member(practice)
    who = coach if role == "COACH" else await practice.admin()
    session_id = await booked(practice, member, coach, NINE)

    async with nothing_written(practice):
        without = await moved(practice, who, session_id, ONE)
    answer = await moved(practice, who, session_id, ONE, **WHY)

    assert (without["code"], without["reason"]) == ("SLOT_UNAVAILABLE", "OUTSIDE_AVAILABILITY")
    assert answer["startsAt"] == ONE
    assert await history(practice, member, session_id) == [
        ("BOOKED", None, "MEMBER"),
        ("RESCHEDULED", WHY["overrideReason"], role),
    ]


async def test_moving_with_a_reason_oversells_nothing_and_breaks_no_buffer(practice: Practice) -> None:
    coach, member = await with_member(practice, buffer_minutes=15)
    neighbour = await practice.member(coach)
    session_id = await booked(practice, member, coach, NINE)
    await schedule(practice, coach, neighbour, ONE, **WHY)

    async with nothing_written(practice):
        full = await moved(practice, coach, session_id, ONE, **WHY)
        close = await moved(practice, coach, session_id, "2026-03-02T12:00:00Z", **WHY)

    assert full["code"] == "SLOT_FULL"
    assert (close["code"], close["reason"]) == ("SLOT_UNAVAILABLE", "CONFLICTS_WITH_SESSION")


async def test_a_member_gives_no_reason_of_that_kind(practice: Practice) -> None:
    coach, member = await with_member(practice)
    session_id = await booked(practice, member, coach, NINE)

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(RESCHEDULE, member, input={"sessionId": session_id, "startsAt": start, **WHY})
            for start in (TEN, ONE)
        ]

    assert refusals == [FORBIDDEN] * 2
