"""Until when a member cancels for free: the coach's policy of the day of booking, and who is never late."""

from typing import Any

import pytest

from tests.lifecycle import cancel, life
from tests.operations import PROBLEM, add_window, booked, moved, nothing_written
from tests.practice import Person, Practice

TUESDAY_NINE, TUESDAY_TEN = "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z"
MONDAY_NINE = "2026-03-02T09:00:00Z"
POLICY = "cancellationNoticeHours waitingOfferMinutes"
SET = (
    f"mutation ($input: UpdateCoachInput!) {{ updateCoach(input: $input) {{ __typename ... on Coach {{ {POLICY} }}"
    f" {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
SEE = f"query ($id: ID!) {{ coach(id: $id) {{ {POLICY} }} }}"


async def set_policy(practice: Practice, who: Person, coach: Person, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(SET, who, input={"id": coach.id, **changes})
    return answer


async def with_policy(practice: Practice, hours: int | None) -> tuple[Person, Person, str]:
    """A coach, a member of theirs, and a session of theirs on Tuesday at nine; it is Monday at eight."""
    coach = await practice.coach()
    await set_policy(practice, coach, coach, cancellationNoticeHours=hours)
    for day in ("MONDAY", "TUESDAY"):
        await add_window(practice, coach, day)
    member = await practice.member(coach)
    return coach, member, await booked(practice, member, coach, TUESDAY_NINE)


# The settings


async def test_a_coach_sets_the_policy_and_everybody_sees_it_before_booking(practice: Practice) -> None:
    coach = await practice.coach()
    seen = [await practice.ask(SEE, None, id=coach.id)]

    answer = await set_policy(practice, coach, coach, cancellationNoticeHours=24, waitingOfferMinutes=30)

    seen += [await practice.ask(SEE, who, id=coach.id) for who in (None, await practice.member(), coach)]
    assert answer["__typename"] == "Coach"
    assert seen == [
        {"cancellationNoticeHours": None, "waitingOfferMinutes": 15},
        *[{"cancellationNoticeHours": 24, "waitingOfferMinutes": 30}] * 3,
    ]


@pytest.mark.parametrize(
    ("field", "fine", "wrong"),
    [("cancellationNoticeHours", (0, 720, None), (-1, 721)), ("waitingOfferMinutes", (1, 1440), (0, 1441, None))],
)
async def test_the_settings_have_bounds(
    practice: Practice, field: str, fine: tuple[Any, ...], wrong: tuple[Any, ...]
) -> None:
    coach = await practice.coach()
    for value in fine:
        assert (await set_policy(practice, coach, coach, **{field: value}))[field] == value

    async with nothing_written(practice):
        for value in wrong:
            answer = await set_policy(practice, coach, coach, **{field: value})
            assert (answer["code"], answer["field"]) == ("INVALID_INPUT", field)


async def test_nobody_else_sets_them(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    given = {"id": coach.id, "cancellationNoticeHours": 720}

    async with nothing_written(practice):
        refusals = [(await practice.refusal(SET, who, input=given))["code"] for who in (member, other, None)]

    assert refusals == ["FORBIDDEN", "FORBIDDEN", "UNAUTHENTICATED"]
    assert (await set_policy(practice, await practice.admin(), coach, cancellationNoticeHours=1))[
        "__typename"
    ] == "Coach"


# What counts for a session


async def test_the_policy_of_the_day_of_booking_counts_whatever_the_coach_changes_later(practice: Practice) -> None:
    coach, member, before = await with_policy(practice, 24)
    deadlines = []
    for hours in (48, 0, None):
        await set_policy(practice, coach, coach, cancellationNoticeHours=hours)
        deadlines.append((await life(practice, member, before))["freeCancellationUntil"])

    after = await booked(practice, member, coach, TUESDAY_TEN)

    assert deadlines == ["2026-03-02T09:00:00Z"] * 3
    assert (await life(practice, member, after))["freeCancellationUntil"] is None


async def test_who_is_late_already_does_not_gain_by_moving_the_session_first(practice: Practice) -> None:
    _, member, session_id = await with_policy(practice, 24)
    practice.clock.move(hours=2)

    next_week = "2026-03-10T09:00:00Z"
    assert (await moved(practice, member, session_id, next_week))["__typename"] == "Session"
    later = await life(practice, member, session_id)
    late = await cancel(practice, member, session_id)

    assert (later["startsAt"], later["freeCancellationUntil"]) == (next_week, "2026-03-02T09:00:00Z")
    assert late["__typename"] == "Session"
    assert (await life(practice, member, session_id))["isLateCancellation"]


async def test_the_deadline_moves_with_the_session_and_the_policy_does_not(practice: Practice) -> None:
    coach, member, session_id = await with_policy(practice, 24)
    await set_policy(practice, coach, coach, cancellationNoticeHours=1)

    await moved(practice, member, session_id, TUESDAY_TEN)

    assert (await life(practice, member, session_id))["freeCancellationUntil"] == "2026-03-02T10:00:00Z"


@pytest.mark.parametrize(
    ("hours", "after", "is_late"),
    [
        (24, {"minutes": 59}, False),
        (24, {"hours": 1}, False),  # at the very deadline
        (24, {"hours": 1, "seconds": 1}, True),
        (24, {"hours": 24, "minutes": 59}, True),
        (720, {}, True),
        (0, {"hours": 24, "minutes": 59, "seconds": 59}, False),
        (None, {"hours": 24, "minutes": 59, "seconds": 59}, False),
    ],
)
async def test_a_member_is_late_after_the_deadline(
    practice: Practice, hours: int | None, after: dict[str, float], is_late: bool
) -> None:
    coach, member, session_id = await with_policy(practice, hours)
    practice.clock.move(**after)

    answer = await cancel(practice, member, session_id)

    assert (answer["status"], answer["isLateCancellation"]) == ("CANCELLED", is_late)
    for who in (member, coach):
        assert (await life(practice, who, session_id))["isLateCancellation"] is is_late


@pytest.mark.parametrize("role", ["COACH", "ADMIN"])
async def test_coach_and_admin_are_never_late(practice: Practice, role: str) -> None:
    coach, member, session_id = await with_policy(practice, 24)
    who = coach if role == "COACH" else await practice.admin()
    practice.clock.move(hours=24, minutes=59)

    answer = await cancel(practice, who, session_id)

    assert (answer["status"], answer["isLateCancellation"]) == ("CANCELLED", False)
    assert (await life(practice, member, session_id))["isLateCancellation"] is False


async def test_a_session_that_stands_is_not_a_late_cancellation(practice: Practice) -> None:
    _, member, session_id = await with_policy(practice, 720)

    seen = await life(practice, member, session_id)

    assert (seen["isLateCancellation"], seen["freeCancellationUntil"]) == (False, "2026-02-01T09:00:00Z")


async def test_an_offer_lasts_as_long_as_the_coach_says(practice: Practice) -> None:
    coach = await practice.coach()
    first, second = await practice.members(2, coach)
    await add_window(practice, coach)
    session_id = await booked(practice, first, coach, MONDAY_NINE)
    await set_policy(practice, coach, coach, waitingOfferMinutes=7)
    join = "mutation ($input: JoinWaitingListInput!) { joinWaitingList(input: $input) { __typename } }"
    await practice.ask(join, second, input={"coachId": coach.id, "startsAt": MONDAY_NINE})

    await cancel(practice, first, session_id)

    lasting = "SELECT extract(epoch FROM expires_at - created_at)::integer / 60 FROM slot_holds"
    assert await practice.rows(lasting) == [(7,)]
