"""Ratings: requirement 9 and 14.7, who sees them, for how long they change, and what a coach's average is made of."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.actor import Actor, Standing
from app.events import SessionRated, SessionRatingChanged
from app.models.coaches import Coach
from app.models.sessions import CoachingSession, SessionRating, SessionStatus
from app.platform.ids import new_id
from app.problems import AlreadyRated, Forbidden, SessionNotCompleted
from app.services.sessions import refusal_to_rate
from app.wire.relay import parse_key
from tests.operations import (
    ASSIGN,
    CHANGE_RATING,
    RATE,
    RATING,
    SESSIONS,
    add_window,
    booked,
    cancelled,
    completed,
    nodes,
    nothing_written,
    rated,
    transferred,
)
from tests.practice import MONDAY, Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}
OF_SESSION = f"query ($id: ID!) {{ session(id: $id) {{ rating {{ {RATING} }} }} }}"
OF_COACH = "query ($id: ID!) { coach(id: $id) { averageRating ratingCount } }"


async def open_coach(practice: Practice, seats: int = 30) -> Person:
    coach = await practice.coach(booking_audience="MEMBERS")
    await add_window(practice, coach, seats=seats)
    return coach


async def one_completed(practice: Practice) -> tuple[Person, Person, str]:
    """A coach, a member of theirs, and their completed session."""
    coach = await open_coach(practice)
    member = await practice.member(coach)
    return coach, member, await completed(practice, await booked(practice, member, coach, NINE))


async def change(practice: Practice, who: Person, session_id: str, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(CHANGE_RATING, who, input={"sessionId": session_id, **changes})
    return answer


async def awaiting(practice: Practice, who: Person, awaits: bool = True) -> list[str]:
    return [each["id"] for each in await nodes(practice, SESSIONS, who, filter={"awaitsRating": awaits})]


async def average(practice: Practice, coach: Person, who: Person | None = None) -> tuple[float | None, int]:
    shown = await practice.ask(OF_COACH, who, id=coach.id)
    return shown["averageRating"], shown["ratingCount"]


def key(session_id: str) -> Any:
    return parse_key(session_id, "Session", "id")


# Rating


async def test_9_1_a_completed_session_awaits_its_members_rating(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)
    scheduled = await booked(practice, member, coach, TEN)
    off = await booked(practice, member, coach, ELEVEN)
    await cancelled(practice, member, off)

    before = await awaiting(practice, member), await awaiting(practice, member, False)
    await rated(practice, member, done, 5)

    assert before == ([done], [scheduled, off])
    assert await awaiting(practice, member) == []
    assert await awaiting(practice, member, False) == [done, scheduled, off]


async def test_9_1_nobody_but_the_member_is_asked_to_rate(practice: Practice) -> None:
    coach, _, done = await one_completed(practice)

    for who in (coach, await practice.admin()):
        assert await awaiting(practice, who) == []
        assert await awaiting(practice, who, False) == [done]


@pytest.mark.parametrize("stars", [1, 2, 3, 4, 5])
async def test_9_2_a_rating_is_one_to_five_stars(practice: Practice, stars: int) -> None:
    _, member, done = await one_completed(practice)

    assert (await rated(practice, member, done, stars))["stars"] == stars


@pytest.mark.parametrize("stars", [0, 6, -1])
async def test_9_2_other_numbers_of_stars_are_refused(practice: Practice, stars: int) -> None:
    _, member, done = await one_completed(practice)

    async with nothing_written(practice):
        refused = await rated(practice, member, done, stars)

    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "stars")


async def test_9_3_a_comment_may_come_with_it(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)
    silent = await completed(practice, await booked(practice, member, coach, TEN))

    answers = [
        await rated(practice, member, done, 4, comment=" Helped a lot. "),
        await rated(practice, member, silent, 3),
    ]
    too_long = await change(practice, member, done, comment="a" * 2_001)

    assert [each["comment"] for each in answers] == ["Helped a lot.", None]
    assert (too_long["__typename"], too_long["field"]) == ("InvalidInput", "comment")


async def test_9_4_a_rating_is_stored_with_its_session(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)

    answer = await rated(practice, member, done, 4, comment="Good")

    shown = {
        "stars": 4,
        "comment": "Good",
        "createdAt": "2026-03-02T08:00:00Z",
        "updatedAt": "2026-03-02T08:00:00Z",
        "changeableUntil": "2026-03-03T08:00:00Z",
    }
    assert answer == {"__typename": "SessionRating", "session": {"id": done}, **shown}
    assert (await practice.ask(OF_SESSION, member, id=done))["rating"] == shown
    assert coach.coach is not None
    assert member.member is not None
    event = SessionRated(session_id=key(done), coach_id=coach.coach.id, member_id=member.member.id, stars=4)
    assert (await practice.told())[-1] == event


async def test_9_6_14_7_a_session_is_rated_once(practice: Practice) -> None:
    _, member, done = await one_completed(practice)
    await rated(practice, member, done, 4)

    async with nothing_written(practice):
        again = await rated(practice, member, done, 5)
        practice.clock.move(hours=25)
        later = await rated(practice, member, done, 5)

    assert (again["code"], again["canBeChanged"]) == ("ALREADY_RATED", True)
    assert (later["code"], later["canBeChanged"]) == ("ALREADY_RATED", False)


async def test_9_6_of_ratings_that_come_at_once_one_is_stored(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)

    answers = await asyncio.gather(*(rated(practice, member, done, stars) for stars in (1, 2, 3, 4, 5)))

    assert sorted(each["__typename"] for each in answers) == ["AlreadyRated"] * 4 + ["SessionRating"]
    (stored,) = [each["stars"] for each in answers if each["__typename"] == "SessionRating"]
    assert await average(practice, coach) == (stored, 1)


@pytest.mark.parametrize(
    ("status", "words"), [("SCHEDULED", "scheduled"), ("CANCELLED", "cancelled"), ("NO_SHOW", "a no-show")]
)
async def test_14_7_a_session_that_is_not_completed_is_not_rated(practice: Practice, status: str, words: str) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    session_id = await booked(practice, member, coach, NINE)
    if status == "CANCELLED":
        await cancelled(practice, member, session_id)
    elif status == "NO_SHOW":
        missed = "UPDATE sessions SET status = 'NO_SHOW', no_show_at = now() WHERE id = :id RETURNING id"
        await practice.rows(missed, id=key(session_id))

    async with nothing_written(practice):
        refused = await rated(practice, member, session_id, 5)

    assert (refused["code"], refused["status"]) == ("SESSION_NOT_COMPLETED", status)
    assert refused["message"] == f"This session is {words}; only a completed one can be rated"


async def test_nobody_rates_somebody_elses_session(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)
    neighbour, admin = await practice.member(coach), await practice.admin()
    without = replace(member, actor=replace(member.actor, permissions=member.actor.permissions - {"sessions:write"}))
    given = {"sessionId": done, "stars": 1}

    async with nothing_written(practice):
        refusals = [await practice.refusal(RATE, who, input=given) for who in (coach, neighbour, admin, without, None)]

    assert refusals == [FORBIDDEN] * 4 + [UNAUTHENTICATED]


# Changing


async def test_a_rating_is_changed_for_24_hours_after_it_was_first_given(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)
    await rated(practice, member, done, 2, comment="So so")
    practice.clock.move(hours=20)
    await change(practice, member, done, stars=3)
    practice.clock.move(hours=4)

    last = await change(practice, member, done, stars=5, comment=None)
    practice.clock.move(seconds=1)
    async with nothing_written(practice):
        late = await change(practice, member, done, stars=1)

    assert (last["stars"], last["comment"]) == (5, None)
    assert (last["createdAt"], last["updatedAt"]) == ("2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z")
    assert late["code"] == "RATING_IS_FINAL"
    assert await average(practice, coach) == (5.0, 1)
    told = [(type(event), event.stars) for event in await practice.told() if hasattr(event, "stars")]
    assert told == [(SessionRated, 2), (SessionRatingChanged, 3), (SessionRatingChanged, 5)]


async def test_what_is_left_out_of_a_change_stays(practice: Practice) -> None:
    _, member, done = await one_completed(practice)
    await rated(practice, member, done, 2, comment="So so")

    changed = await change(practice, member, done, stars=3)

    assert (changed["stars"], changed["comment"]) == (3, "So so")


async def test_nobody_changes_somebody_elses_rating_or_one_that_is_not_there(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)
    unrated = await completed(practice, await booked(practice, member, coach, TEN))
    await rated(practice, member, done, 2)
    neighbour, admin = await practice.member(coach), await practice.admin()

    async with nothing_written(practice):
        asked = [(coach, done), (neighbour, done), (admin, done), (member, unrated)]
        refusals = [
            await practice.refusal(CHANGE_RATING, who, input={"sessionId": each, "stars": 5}) for who, each in asked
        ]

    assert refusals == [FORBIDDEN] * 4


# Who sees it


async def test_a_rating_is_seen_by_those_who_see_its_session(practice: Practice) -> None:
    held_by, todays, admin = await open_coach(practice), await practice.coach(), await practice.admin()
    member = await practice.member(todays)
    done = await completed(practice, await booked(practice, member, held_by, NINE))
    await rated(practice, member, done, 4)

    for who in (member, held_by, todays, admin):
        assert (await practice.ask(OF_SESSION, who, id=done))["rating"]["stars"] == 4


async def test_a_transfer_hands_the_ratings_on_to_the_new_coach(practice: Practice) -> None:
    coach, member, done = await one_completed(practice)
    await rated(practice, member, done, 4)
    new = await practice.coach()
    await transferred(practice, member, new)

    for who in (coach, new):
        assert (await practice.ask(OF_SESSION, who, id=done))["rating"]["stars"] == 4


async def test_a_session_without_a_rating_shows_none(practice: Practice) -> None:
    _, member, done = await one_completed(practice)

    assert await practice.ask(OF_SESSION, member, id=done) == {"rating": None}


# The average


async def test_9_5_a_coachs_average_is_that_of_all_their_rated_sessions(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    members = await practice.members(4)
    for member, stars in zip(members[:3], (5, 4, 4), strict=True):
        await rated(practice, member, await completed(practice, await booked(practice, member, coach, NINE)), stars)
    elsewhere = await completed(practice, await booked(practice, members[3], other, NINE))
    await rated(practice, members[3], elsewhere, 1)

    assert await average(practice, coach, coach) == (4.33, 3)
    assert await average(practice, coach) == (4.33, 3), "a stranger sees it too"
    assert await average(practice, other) == (1.0, 1)


async def test_9_5_a_coach_without_ratings_has_no_average(practice: Practice) -> None:
    assert await average(practice, await practice.coach()) == (None, 0)


async def test_the_average_is_right_when_many_rate_change_and_are_deleted_at_once(practice: Practice) -> None:
    coach, new = await open_coach(practice), await practice.coach()
    members, admin = await practice.members(12, coach), await practice.admin()
    done = [await completed(practice, await booked(practice, each, coach, NINE)) for each in members]
    for member, session in zip(members[:6], done[:6], strict=True):
        await rated(practice, member, session, 1)

    async def delete(session: str) -> None:
        await practice.rows("DELETE FROM session_ratings WHERE session_id = :id RETURNING 1", id=key(session))

    await asyncio.gather(
        *(rated(practice, member, session, 4) for member, session in zip(members[6:], done[6:], strict=True)),
        *(change(practice, member, session, stars=5) for member, session in zip(members[:3], done[:3], strict=True)),
        *(delete(session) for session in done[3:6]),
        *(practice.ask(ASSIGN, admin, input={"memberId": each.id, "coachId": new.id}) for each in members[:2]),
    )

    assert await average(practice, coach) == (round((3 * 5 + 6 * 4) / 9, 2), 9)
    counted = await practice.rows(
        "SELECT c.rating_count, c.rating_sum, count(r), coalesce(sum(r.stars), 0) FROM coaches c"
        " LEFT JOIN session_ratings r ON r.coach_id = c.id GROUP BY c.id"
    )
    assert [row[:2] for row in counted] == [row[2:] for row in counted]


@pytest.mark.parametrize(("count", "total", "shown"), [(3, 13, 4.33), (3, 14, 4.67), (8, 33, 4.13), (1, 5, 5.0)])
def test_the_average_has_two_decimals_and_a_half_is_rounded_up(count: int, total: int, shown: float) -> None:
    assert Coach(rating_count=count, rating_sum=total).average_rating == shown


# What decides


def test_one_function_says_why_a_session_may_not_be_rated() -> None:
    member, coach = new_id(), new_id()
    actor = Actor(
        Standing.MEMBER, user_id=new_id(), member_id=member, permissions=frozenset({"sessions:read", "sessions:write"})
    )
    session = CoachingSession(coach_id=coach, member_id=member, status=SessionStatus.COMPLETED)
    scheduled = CoachingSession(coach_id=coach, member_id=member, status=SessionStatus.SCHEDULED)
    foreign = CoachingSession(coach_id=coach, member_id=new_id(), status=SessionStatus.COMPLETED)
    rating = SessionRating(session_id=session.id, stars=5, created_at=MONDAY, updated_at=MONDAY)

    def refusal(of: CoachingSession, rated: SessionRating | None = None, who: Actor = actor) -> object:
        return refusal_to_rate(who, of, rated, MONDAY + timedelta(hours=1))

    assert refusal(session) is None
    assert isinstance(refusal(scheduled), SessionNotCompleted)
    assert isinstance(refusal(session, rating), AlreadyRated)
    assert isinstance(refusal(foreign), Forbidden)
    assert isinstance(refusal(session, who=replace(actor, member_id=None, coach_id=coach)), Forbidden)
    assert isinstance(refusal(session, who=replace(actor, permissions=frozenset())), Forbidden)
