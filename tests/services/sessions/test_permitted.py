"""What a session says the asker may do with it now is what happens when they try, for every state and everybody."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from tests.lifecycle import CANCEL_LIFE, COMPLETE, MARK_NO_SHOW, PERMITTED, cancel, complete, no_show
from tests.operations import RATE, RESCHEDULE, add_window, booked, transferred
from tests.practice import MONDAY, Person, Practice
from tests.statements import statements

ASK = f"query ($id: ID!) {{ session(id: $id) {{ {PERMITTED} }} }}"
ACTIONS = {
    "canCancel": CANCEL_LIFE,
    "canReschedule": RESCHEDULE,
    "canComplete": COMPLETE,
    "canMarkNoShow": MARK_NO_SHOW,
    "canRate": RATE,
}
FORBIDDEN, NEEDS_REASON = "FORBIDDEN", "OVERRIDE_NEEDED"
NOT_BEGUN, BEGUN, CLOSED = "SESSION_NOT_BEGUN", "SESSION_HAS_BEGUN", "SESSION_NOT_SCHEDULED"
NOT_COMPLETED = "SESSION_NOT_COMPLETED"

# The refusals of cancelling, rescheduling, completing, marking as a no-show and rating; None is allowed.
OF_THE_MEMBER = {
    "before the start": (None, None, FORBIDDEN, FORBIDDEN, NOT_COMPLETED),
    "running": (BEGUN, BEGUN, FORBIDDEN, FORBIDDEN, NOT_COMPLETED),
    "over": (BEGUN, BEGUN, FORBIDDEN, FORBIDDEN, NOT_COMPLETED),
    "completed": (CLOSED, CLOSED, FORBIDDEN, FORBIDDEN, None),
    "no-show": (CLOSED, CLOSED, FORBIDDEN, FORBIDDEN, NOT_COMPLETED),
    "cancelled": (CLOSED, CLOSED, FORBIDDEN, FORBIDDEN, NOT_COMPLETED),
}
OF_COACH_AND_ADMIN = {
    "before the start": (None, None, NOT_BEGUN, NOT_BEGUN, FORBIDDEN),
    "running": (None, None, None, None, FORBIDDEN),
    "over": (None, None, None, None, FORBIDDEN),
    "completed": (CLOSED, CLOSED, CLOSED, CLOSED, FORBIDDEN),
    "no-show": (CLOSED, CLOSED, NEEDS_REASON, CLOSED, FORBIDDEN),
    "cancelled": (CLOSED, CLOSED, CLOSED, CLOSED, FORBIDDEN),
}
OF_OTHERS = (FORBIDDEN,) * 5
OUTSIDE = ("present other coach", "foreign coach", "another member")


async def people_of(practice: Practice) -> dict[str, Person]:
    """A member who has sessions with one coach and is coached by another today."""
    coach, present, foreign = [await practice.coach(booking_audience="MEMBERS") for _ in range(3)]
    await add_window(practice, coach, "MONDAY", "09:00", "10:00")
    await add_window(practice, coach, "TUESDAY", "09:00", "10:00")
    return {
        "member": await practice.member(present),
        "coach": coach,
        "admin": await practice.admin(),
        "present other coach": present,
        "foreign coach": foreign,
        "another member": await practice.member(coach),
    }


async def session_that_is(practice: Practice, state: str, people: dict[str, Person], monday: datetime) -> str:
    """A session of 9 to 10 on that day, and the clock where it has to be."""
    coach = people["coach"]
    practice.clock.now = monday
    session_id = await booked(practice, people["member"], coach, (monday + timedelta(hours=1)).isoformat())
    if state == "cancelled":
        await cancel(practice, coach, session_id)
    if state != "before the start":
        practice.clock.move(hours=1 if state == "running" else 3)
    if state == "completed":
        await complete(practice, coach, session_id)
    if state == "no-show":
        await no_show(practice, coach, session_id)
    return session_id


async def told(practice: Practice, who: Person, session_id: str) -> list[Any]:
    """What the session says of each action: None, or the refusal's code and message."""
    answer = await practice.execute(ASK, who, id=session_id)
    if "errors" in answer:
        (error,) = answer["errors"]
        return [(error["extensions"]["code"], error["message"])] * len(ACTIONS)
    said = [answer["data"]["session"][name] for name in ACTIONS]
    for each in said:
        assert each["allowed"] is (each["code"] is None) is (each["message"] is None)
    return [None if each["allowed"] else (each["code"], each["message"]) for each in said]


async def tried(practice: Practice, who: Person, action: str, session_id: str, tuesday: datetime) -> Any:
    """How it ends."""
    given: dict[str, Any] = {"sessionId": session_id}
    if action == "canReschedule":
        given["startsAt"] = tuesday.isoformat()
    if action == "canRate":
        given["stars"] = 5
    answer = await practice.execute(ACTIONS[action], who, input=given)
    if "errors" in answer:
        (error,) = answer["errors"]
        return error["extensions"]["code"], error["message"]
    (result,) = answer["data"].values()
    return None if result["__typename"] in {"Session", "SessionRating"} else (result["code"], result["message"])


@pytest.mark.parametrize("state", OF_THE_MEMBER)
async def test_what_one_is_told_is_what_one_gets(practice: Practice, state: str) -> None:
    people = await people_of(practice)
    found: dict[str, list[Any]] = {who: [] for who in people}
    disagreeing = {}
    for week, (who, (place, action)) in enumerate(product(people, enumerate(ACTIONS))):
        monday = MONDAY + timedelta(weeks=week)
        session_id = await session_that_is(practice, state, people, monday)

        said = (await told(practice, people[who], session_id))[place]
        became = await tried(practice, people[who], action, session_id, monday + timedelta(days=1, hours=1))

        found[who].append(None if became is None else became[0])
        if said != became:
            disagreeing[who, action] = (said, became)

    assert disagreeing == {}
    assert {who: tuple(codes) for who, codes in found.items()} == {
        "member": OF_THE_MEMBER[state],
        "coach": OF_COACH_AND_ADMIN[state],
        "admin": OF_COACH_AND_ADMIN[state],
        **dict.fromkeys(OUTSIDE, OF_OTHERS),
    }


@pytest.mark.parametrize("state", OF_THE_MEMBER)
async def test_a_calendar_that_is_closed_to_its_former_member_changes_nothing_of_that(
    practice: Practice, state: str
) -> None:
    """The coach takes assigned members only, and this one has another coach by now."""
    coach, other = await practice.coach(), await practice.coach()
    for day in ("MONDAY", "TUESDAY"):
        await add_window(practice, coach, day, "09:00", "10:00")
    member = await practice.member(coach)
    people = {"coach": coach, "member": member}
    found = []
    for week, (place, action) in enumerate(enumerate(ACTIONS)):
        monday = MONDAY + timedelta(weeks=week)
        session_id = await session_that_is(practice, state, people, monday)
        await transferred(practice, member, other)

        said = (await told(practice, member, session_id))[place]
        became = await tried(practice, member, action, session_id, monday + timedelta(days=1, hours=1))

        assert said == became
        found.append(None if became is None else became[0])
        await transferred(practice, member, coach)

    assert tuple(found) == OF_THE_MEMBER[state]


@pytest.mark.parametrize("hours", [0, 25])
async def test_9_6_what_is_rated_is_said_to_be_rated(practice: Practice, hours: int) -> None:
    people = await people_of(practice)
    session_id = await session_that_is(practice, "completed", people, MONDAY)
    assert await tried(practice, people["member"], "canRate", session_id, MONDAY) is None
    practice.clock.move(hours=hours)

    said = (await told(practice, people["member"], session_id))[-1]
    became = await tried(practice, people["member"], "canRate", session_id, MONDAY)

    assert said == became
    assert became[0] == "ALREADY_RATED"


@pytest.mark.parametrize("missing", ["sessions:write", "sessions:read"])
async def test_12_4_whoever_lacks_a_permission_is_told_so(practice: Practice, missing: str) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    await add_window(practice, coach, "TUESDAY", "09:00", "10:00")
    member = await practice.member(coach)
    tuesday = MONDAY + timedelta(days=1, hours=1)
    session_id = await booked(practice, member, coach, tuesday.isoformat())
    for who in (member, coach, admin):
        without = replace(who, actor=replace(who.actor, permissions=who.actor.permissions - {missing}))

        said = await told(practice, without, session_id)
        became = [await tried(practice, without, action, session_id, tuesday) for action in ACTIONS]

        assert said == became == [(FORBIDDEN, "You are not allowed to do this")] * len(ACTIONS)


async def test_12_4_who_may_book_and_read_nothing_is_told_so_in_the_answer_to_booking(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    without = replace(member, actor=replace(member.actor, permissions=frozenset({"sessions:write"})))
    book = (
        "mutation ($input: BookSessionInput!) { bookSession(input: $input) {"
        f" ... on Booking {{ session {{ id {PERMITTED} }} }} }} }}"
    )

    answer = await practice.ask(book, without, input={"coachId": coach.id, "startsAt": "2026-03-02T09:00:00Z"})

    session = answer["session"]
    became = [await tried(practice, without, action, session["id"], MONDAY) for action in ACTIONS]
    assert [(session[name]["code"], session[name]["message"]) for name in ACTIONS] == became
    assert {code for code, _ in became} == {FORBIDDEN}


async def test_what_one_may_do_is_told_of_a_whole_list_without_a_statement_more(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    for hour in (9, 10, 11):
        await booked(practice, member, coach, f"2026-03-02T{hour:02}:00:00Z")
    practice.clock.move(hours=2)
    listing = "{ sessions { edges { node { id %s } } } }"

    with statements(practice.house.database.engine) as plain:
        await practice.ask(listing % "", coach)
    with statements(practice.house.database.engine) as asked:
        answer = await practice.ask(listing % "canCancel { code } canComplete { code }", coach)

    assert len(asked) == len(plain) > 0
    assert [(edge["node"]["canCancel"]["code"], edge["node"]["canComplete"]["code"]) for edge in answer["edges"]] == [
        (None, None),
        (None, None),
        (None, NOT_BEGUN),
    ]
