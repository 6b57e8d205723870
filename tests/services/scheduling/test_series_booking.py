"""Booking a series: every wanted date in one transaction, or none and the reasons."""

from typing import Any

import pytest

from tests.operations import CANCEL, PROBLEM, add_window, booked, calendar_version, cancelled, nothing_written
from tests.practice import Person, Practice
from tests.services.scheduling.repeating import (
    BOOK_SERIES,
    asked,
    book_series,
    booked_series,
    previewed,
    reasons,
    starts,
)
from tests.services.scheduling.together import at_once, events_of, key_of

FIRST = "2026-03-02T09:00:00Z"
SECOND, THIRD, FOURTH = (f"2026-03-{day}T09:00:00Z" for day in ("09", "16", "23"))
HOLD = f"mutation ($input: HoldSlotInput!) {{ holdSlot(input: $input) {{ __typename {PROBLEM} }} }}"
JOIN = f"mutation ($input: JoinWaitingListInput!) {{ joinWaitingList(input: $input) {{ __typename {PROBLEM} }} }}"
NODE = "query ($id: ID!) { node(id: $id) { __typename ... on Session { series { id } } } }"


async def open_coach(practice: Practice, seats: int = 1, **changes: Any) -> Person:
    coach = await practice.coach(**{"booking_window_days": 400, **changes})
    await add_window(practice, coach, seats=seats)
    return coach


async def test_every_date_becomes_a_session_of_the_series(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    before = await calendar_version(practice, coach)

    series = await book_series(practice, member, coach, FIRST, 4, note="Every Monday", kind="DEEP_DIVE")

    assert (series["everyWeeks"], series["occurrences"]) == (1, 4)
    assert (series["coach"]["id"], series["member"]["id"]) == (coach.id, member.id)
    assert starts(series["sessions"]) == ["03-02 09:00", "03-09 09:00", "03-16 09:00", "03-23 09:00"]
    assert {each["series"]["id"] for each in series["sessions"]} == {series["id"]}
    assert {(each["status"], each["version"]) for each in series["sessions"]} == {("SCHEDULED", 1)}
    assert await practice.count("bookings", "status = 'CONFIRMED'") == 4
    assert await practice.count("session_changes", "kind = 'BOOKED' AND changed_by = 'MEMBER'") == 4
    assert await practice.count("sessions", "note = 'Every Monday' AND kind = 'DEEP_DIVE'") == 4
    assert len(await practice.rows("SELECT DISTINCT xmin::text FROM sessions")) == 1
    assert await events_of(practice, member) == ["SessionBooked"] * 4
    assert await calendar_version(practice, coach) == before + 4
    await practice.nobody_is_overbooked()


async def test_one_date_in_the_way_and_nothing_is_booked_or_recorded(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, other = await practice.member(coach), await practice.member(coach)
    await booked(practice, other, coach, SECOND)
    await booked(practice, other, coach, "2026-03-23T10:00:00Z")

    async with nothing_written(practice):
        refused = await book_series(practice, member, coach, FIRST, 4)

    assert (refused["__typename"], refused["code"]) == ("SeriesNotBookable", "SERIES_NOT_BOOKABLE")
    assert starts(refused["dates"]) == ["03-09 09:00"]
    assert reasons(refused["dates"]) == [["FULL"]]
    assert not refused["dates"][0]["isBookable"]
    await booked_series(practice, member, coach, FIRST, 1)  # the place that was good is still free


async def test_what_stands_in_the_way_is_what_the_preview_says(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=20, buffer_minutes=15)
    await add_window(practice, coach, start="09:00", end="13:00")
    member, other = await practice.member(coach), await practice.member(coach)
    await booked(practice, other, coach, "2026-03-09T10:15:00Z")

    for first in (FIRST, "2026-03-02T10:15:00Z", "2026-03-02T09:05:00Z", "2026-03-03T09:00:00Z"):
        dates = await previewed(practice, member, coach, first, 5)
        refused = await book_series(practice, member, coach, first, 5)
        assert refused["dates"] == [each for each in dates if not each["isBookable"]] != []


async def test_dates_can_be_skipped(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, other = await practice.member(coach), await practice.member(coach)
    await booked(practice, other, coach, SECOND)

    series = await book_series(practice, member, coach, FIRST, 4, skip=[SECOND])

    assert starts(series["sessions"]) == ["03-02 09:00", "03-16 09:00", "03-23 09:00"]
    assert series["occurrences"] == 4


async def test_the_first_date_can_be_skipped_too(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    series = await book_series(practice, member, coach, FIRST, 3, skip=[FIRST], idempotencyKey="k")

    assert starts(series["sessions"]) == ["03-09 09:00", "03-16 09:00"]
    assert series["firstStartsAt"].startswith("2026-03-02T09:00:00")
    again = await book_series(practice, member, coach, FIRST, 3, skip=[FIRST], idempotencyKey="k")
    assert again == series


async def test_only_those_that_are_named(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    series = await book_series(practice, member, coach, FIRST, 4, only=["2026-03-16T11:00:00+02:00", FIRST])

    assert starts(series["sessions"]) == ["03-02 09:00", "03-16 09:00"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"skip": ["2026-03-09T10:00:00Z"]}, "skip"),
        ({"only": ["2026-03-30T09:00:00Z"]}, "only"),
        ({"only": []}, "only"),
        ({"skip": [FIRST, SECOND, THIRD, FOURTH]}, "skip"),
        ({"skip": [FIRST], "only": [SECOND]}, "only"),
        ({"occurrences": 0}, "occurrences"),
        ({"occurrences": 53}, "occurrences"),
        ({"everyWeeks": 3}, "everyWeeks"),
        ({"overrideReason": "Because"}, "overrideReason"),
    ],
)
async def test_dates_that_are_none_are_wrong_input(practice: Practice, more: dict[str, Any], field: str) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    async with nothing_written(practice):
        given = {**asked(coach, FIRST, 4), **more}
        refused = await practice.ask(BOOK_SERIES, member, input=given)

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field)


async def test_one_with_wrong_dates_leaves_those_who_asked_with_it_alone(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    members = await practice.members(3, coach)
    more: list[dict[str, Any]] = [{}, {"skip": ["2026-03-09T10:00:00Z"]}, {}]

    answers = await at_once(
        *(book_series(practice, who, coach, FIRST, 3, **each) for who, each in zip(members, more, strict=True))
    )

    assert [each["__typename"] for each in answers] == ["SessionSeries", "InvalidInput", "SessionSeries"]
    assert await practice.count("sessions") == 6


async def test_a_retry_under_the_same_key_answers_the_same_series(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    first = await book_series(practice, member, coach, FIRST, 3, idempotencyKey="k")
    async with nothing_written(practice):
        again = await book_series(practice, member, coach, FIRST, 3, idempotencyKey="k")
        other = await book_series(practice, member, coach, FIRST, 4, idempotencyKey="k")
        without = await book_series(practice, member, coach, FIRST, 3, idempotencyKey="k", skip=[SECOND])

    assert again == first
    assert other["code"] == without["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_the_same_key_at_once_books_one_series(practice: Practice) -> None:
    coach = await open_coach(practice, seats=9)
    member = await practice.member(coach)

    answers = await at_once(*(book_series(practice, member, coach, FIRST, 3, idempotencyKey="k") for _ in range(4)))

    assert len({each["id"] for each in answers}) == 1
    assert await practice.count("session_series") == 1
    assert await practice.count("sessions") == 3


async def test_a_key_of_a_refused_series_is_free_again(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, other = await practice.member(coach), await practice.member(coach)
    session = await booked(practice, other, coach, SECOND)
    await book_series(practice, member, coach, FIRST, 3, idempotencyKey="k")
    await cancelled(practice, other, session)

    assert len(await booked_series(practice, member, coach, FIRST, 3, idempotencyKey="k")) == 3


async def test_what_is_held_for_the_asker_is_booked(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, other = await practice.member(coach), await practice.member(coach)
    await practice.ask(HOLD, member, input={"coachId": coach.id, "startsAt": SECOND})

    refused = await book_series(practice, other, coach, FIRST, 3)
    await booked_series(practice, member, coach, FIRST, 3)

    assert (starts(refused["dates"]), reasons(refused["dates"])) == (["03-09 09:00"], [["FULL"]])
    assert await practice.count("slot_holds") == 0
    await practice.nobody_is_overbooked()


async def test_a_hold_on_a_later_date_that_has_expired_is_in_nobodys_way(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, other = await practice.member(coach), await practice.member(coach)
    await practice.ask(HOLD, other, input={"coachId": coach.id, "startsAt": FOURTH})
    async with practice.owner.begin() as owner:
        await owner.exec_driver_sql("SELECT set_config('app.system', 'on', true)")
        await owner.exec_driver_sql("UPDATE slot_holds SET expires_at = now() - interval '1 second'")
        await owner.exec_driver_sql(
            "UPDATE calendar_seats SET held_until = (SELECT expires_at FROM slot_holds) WHERE held_until IS NOT NULL"
        )

    assert len(await booked_series(practice, member, coach, FIRST, 4)) == 4
    await practice.nobody_is_overbooked()


async def test_a_freed_place_that_somebody_waits_for_is_theirs(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, holder, waiting = [await practice.member(coach) for _ in range(3)]
    session = await booked(practice, holder, coach, SECOND)
    await practice.ask(JOIN, waiting, input={"coachId": coach.id, "startsAt": SECOND})
    await practice.ask(CANCEL, holder, input={"sessionId": session})

    refused = await book_series(practice, member, coach, FIRST, 3)
    theirs = await booked_series(practice, waiting, coach, FIRST, 3)

    assert (starts(refused["dates"]), reasons(refused["dates"])) == (["03-09 09:00"], [["FULL"]])
    assert len(theirs) == 3
    assert await practice.count("waiting_list_entries", "status = 'BOOKED'") == 1
    await practice.nobody_is_overbooked()


async def test_a_member_is_in_one_place_at_a_time(practice: Practice) -> None:
    coach, elsewhere = await open_coach(practice, seats=2), await open_coach(practice, booking_audience="MEMBERS")
    member = await practice.member(coach)
    await booked(practice, member, elsewhere, THIRD)

    refused = await book_series(practice, member, coach, FIRST, 4)

    assert (starts(refused["dates"]), reasons(refused["dates"])) == (["03-16 09:00"], [["MEMBER_BUSY"]])


async def test_a_paused_member_books_no_series(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach, status="PAUSED")

    async with nothing_written(practice):
        refused = await book_series(practice, member, coach, FIRST, 3)

    assert refused["code"] == "MEMBER_NOT_ACTIVE"


# For somebody else


async def test_a_coach_and_an_admin_book_for_a_member(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    admin, one, two = await practice.admin(), await practice.member(coach), await practice.member(coach)

    by_coach = await book_series(practice, coach, coach, FIRST, 3, memberId=one.id)
    by_admin = await book_series(practice, admin, coach, FIRST, 3, memberId=two.id)

    assert [each["member"]["id"] for each in (by_coach, by_admin)] == [one.id, two.id]
    changed_by = await practice.rows("SELECT DISTINCT member_id, changed_by FROM session_changes")
    assert {row[0]: row[1] for row in changed_by} == {key_of(one): "COACH", key_of(two): "ADMIN"}
    assert await practice.count("session_series", "created_by_user_id = :id", id=coach.user.id) == 1


async def test_a_reason_overrides_availability_and_never_another_session(practice: Practice) -> None:
    coach = await open_coach(practice, booking_window_days=10)
    member, other = await practice.member(coach), await practice.member(coach)
    tuesday = "2026-03-03T18:00:00Z"

    refused = await book_series(practice, coach, coach, tuesday, 3, memberId=member.id)
    series = await book_series(practice, coach, coach, tuesday, 3, memberId=member.id, overrideReason="As agreed")
    twice = await book_series(practice, coach, coach, tuesday, 4, memberId=other.id, overrideReason="As agreed")

    too_far = ["OUTSIDE_AVAILABILITY", "TOO_FAR_AHEAD"]
    assert reasons(refused["dates"]) == [["OUTSIDE_AVAILABILITY"], ["OUTSIDE_AVAILABILITY"], too_far]
    assert starts(series["sessions"]) == ["03-03 18:00", "03-10 18:00", "03-17 18:00"]
    assert await practice.count("session_changes", "override_reason = 'As agreed'") == 3
    assert starts(twice["dates"]) == ["03-03 18:00", "03-10 18:00", "03-17 18:00"]
    assert reasons(twice["dates"]) == [["FULL"]] * 3
    await practice.nobody_is_overbooked()


async def test_nothing_overrides_that_the_clock_leaves_a_time_out(practice: Practice) -> None:
    coach = await practice.coach(time_zone="Europe/London")
    member = await practice.member(coach)

    refused = await book_series(
        practice, coach, coach, "2026-03-22T01:30:00Z", 3, memberId=member.id, overrideReason="At night"
    )

    assert (starts(refused["dates"]), reasons(refused["dates"])) == (["03-29 01:00"], [["NOT_A_SLOT_START"]])


async def test_who_may_not_book_for_somebody_is_forbidden(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    member, foreign = await practice.member(coach), await practice.member(other)
    wanted = asked(coach, FIRST, 2)

    async with nothing_written(practice):
        codes = [
            (await practice.refusal(BOOK_SERIES, who, input={**wanted, **more}))["code"]
            for who, more in (
                (None, {}),
                (coach, {}),
                (foreign, {}),
                (member, {"memberId": member.id}),
                (other, {"memberId": member.id}),
                (other, {"memberId": foreign.id}),
                (coach, {"memberId": foreign.id}),
            )
        ]

    assert codes == ["UNAUTHENTICATED", *["FORBIDDEN"] * 6]


async def test_only_its_parties_and_admins_see_a_series(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    member, foreign = await practice.member(coach), await practice.member(coach)
    series = await book_series(practice, member, coach, FIRST, 2)

    for who in (member, coach, await practice.admin()):
        assert (await practice.ask(NODE, who, id=series["id"]))["__typename"] == "SessionSeries"
        session = await practice.ask(NODE, who, id=series["sessions"][0]["id"])
        assert session["series"]["id"] == series["id"]
    for stranger in (other, foreign):
        assert (await practice.refusal(NODE, stranger, id=series["id"]))["code"] == "FORBIDDEN"


async def test_a_session_that_was_booked_alone_has_no_series(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    session = await booked(practice, member, coach, FIRST)

    assert (await practice.ask(NODE, member, id=session))["series"] is None
