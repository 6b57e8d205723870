"""Coaching sessions: who sees which, and the list."""

from dataclasses import replace
from typing import Any

from tests.operations import (
    ONE_SESSION,
    SESSIONS,
    UPDATE_MEMBER,
    add_window,
    booked,
    cancelled,
    nodes,
)
from tests.practice import Person, Practice

EIGHT, NINE, TEN, ELEVEN, NOON = (f"2026-03-02T{hour:02}:00:00Z" for hour in (8, 9, 10, 11, 12))
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}


async def ids(practice: Practice, who: Person | None, **variables: Any) -> list[str]:
    return [session["id"] for session in await nodes(practice, SESSIONS, who, **variables)]


async def open_coach(practice: Practice, seats: int = 5, **changes: Any) -> Person:
    """A coach with whom every member can book on Monday morning."""
    coach = await practice.coach(booking_audience="MEMBERS", **changes)
    await add_window(practice, coach, seats=seats)
    return coach


# Who sees which


async def test_12_2_a_member_lists_only_sessions_of_their_own_in_the_order_of_their_start(practice: Practice) -> None:
    one, other = await open_coach(practice), await open_coach(practice)
    member, neighbour = await practice.members(2)
    later = await booked(practice, member, one, TEN)
    earlier = await booked(practice, member, other, NINE)
    await booked(practice, neighbour, one, NINE)

    assert await ids(practice, member) == [earlier, later]


async def test_a_coach_lists_the_sessions_they_hold_and_those_of_their_members(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    mine, somebody = await practice.member(coach), await practice.member()
    held = await booked(practice, somebody, coach, NINE)
    of_my_member = await booked(practice, mine, other, TEN)
    await booked(practice, somebody, other, ELEVEN)

    assert await ids(practice, coach) == [held, of_my_member]


async def test_12_5_an_admin_lists_all_sessions(practice: Practice) -> None:
    one, other = await open_coach(practice), await open_coach(practice)
    members = await practice.members(2)
    made = [await booked(practice, members[0], one, NINE), await booked(practice, members[1], other, TEN)]

    assert await ids(practice, await practice.admin()) == made


async def test_listing_sessions_needs_the_permission(practice: Practice) -> None:
    member = await practice.member()
    without = replace(member, actor=replace(member.actor, permissions=frozenset()))

    refusals = [await practice.refusal(SESSIONS, who) for who in (without, None)]

    assert refusals == [FORBIDDEN, UNAUTHENTICATED]


async def test_12_2_a_member_asks_for_the_sessions_of_nobody_else(practice: Practice) -> None:
    coach = await open_coach(practice)
    member, neighbour = await practice.members(2, coach)
    own = await booked(practice, member, coach, NINE)
    await booked(practice, neighbour, coach, NINE)

    refusal = await practice.refusal(SESSIONS, member, filter={"memberId": neighbour.id})

    assert refusal == FORBIDDEN
    assert await ids(practice, member, filter={"memberId": member.id}) == [own]
    assert await ids(practice, member, filter={"coachId": coach.id}) == [own]


async def test_12_7_a_coach_asks_for_the_sessions_of_no_member_who_is_not_theirs(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    mine, foreign = await practice.member(coach), await practice.member(other)
    own = await booked(practice, mine, coach, NINE)
    await booked(practice, foreign, other, NINE)

    refusals = [
        await practice.refusal(SESSIONS, coach, filter={"memberId": foreign.id}),
        await practice.refusal(SESSIONS, coach, filter={"coachId": other.id}),
    ]

    assert refusals == [FORBIDDEN] * 2
    assert await ids(practice, coach, filter={"memberId": mine.id}) == [own]


async def test_12_7_a_coach_asks_for_the_sessions_that_they_held_with_somebody_elses_member(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    foreign = await practice.member(other)
    held = await booked(practice, foreign, coach, NINE)
    await booked(practice, foreign, other, TEN)

    assert await ids(practice, coach, filter={"memberId": foreign.id}) == [held]


async def test_a_coach_asks_which_sessions_their_member_has_with_another_coach(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    mine = await practice.member(coach)
    await booked(practice, mine, coach, NINE)
    elsewhere = await booked(practice, mine, other, TEN)

    assert await ids(practice, coach, filter={"memberId": mine.id, "coachId": other.id}) == [elsewhere]


async def test_those_who_have_a_part_in_a_session_see_it_and_nobody_else_does(practice: Practice) -> None:
    held_by, other, admin = await open_coach(practice), await practice.coach(), await practice.admin()
    todays_coach = await practice.coach()
    member, neighbour = await practice.member(todays_coach), await practice.member(held_by)
    session_id = await booked(practice, member, held_by, NINE)
    await booked(practice, neighbour, held_by, NINE)

    seen = [await practice.ask(ONE_SESSION, who, id=session_id) for who in (member, held_by, todays_coach, admin)]
    refusals = [await practice.refusal(ONE_SESSION, who, id=session_id) for who in (neighbour, other, None)]

    assert [session["id"] for session in seen] == [session_id] * 4
    assert refusals == [FORBIDDEN, FORBIDDEN, UNAUTHENTICATED]


async def test_a_session_that_does_not_exist_is_forbidden_too(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    session_id = await booked(practice, member, coach, NINE)
    await practice.rows("DELETE FROM bookings RETURNING id")
    await practice.rows("DELETE FROM sessions RETURNING id")

    refusals = [await practice.refusal(ONE_SESSION, who, id=session_id) for who in (member, await practice.admin())]

    assert refusals == [FORBIDDEN] * 2


async def test_an_id_that_is_not_a_sessions_is_refused(practice: Practice) -> None:
    member = await practice.member()

    refusals = [await practice.refusal(ONE_SESSION, member, id=wrong) for wrong in (member.id, "nonsense", "")]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": "id"}] * 3


async def test_a_session_shows_its_coach_and_its_member_to_its_member(practice: Practice) -> None:
    coach = await open_coach(practice, is_accepting_members=False)
    member = await practice.member(first_name="Mia", last_name="Okafor")
    session_id = await booked(practice, member, coach, NINE, note="On listening")

    session = await practice.ask(ONE_SESSION, member, id=session_id)

    assert session == {
        "id": session_id,
        "startsAt": NINE,
        "endsAt": TEN,
        "status": "SCHEDULED",
        "version": 1,
        "memberName": "Mia Okafor",
        "note": "On listening",
        "cancelledAt": None,
        "coach": {"id": coach.id},
        "member": {"id": member.id},
        "history": [{"kind": "BOOKED"}],
    }


async def test_a_session_shows_the_profile_of_a_member_only_to_the_coach_whose_member_it_is(practice: Practice) -> None:
    coach = await open_coach(practice)
    mine, somebody = await practice.member(coach), await practice.member(first_name="Mia", last_name="Okafor")
    with_mine = await booked(practice, mine, coach, NINE)
    with_somebody = await booked(practice, somebody, coach, NINE)

    own, foreign = [await practice.ask(ONE_SESSION, coach, id=each) for each in (with_mine, with_somebody)]

    assert own["member"] == {"id": mine.id}
    assert (foreign["member"], foreign["memberName"]) == (None, "Mia Okafor")


async def test_a_session_keeps_the_members_name_of_when_it_was_booked(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach, first_name="Mia", last_name="Okafor")
    before = await booked(practice, member, coach, NINE)
    await practice.ask(UPDATE_MEMBER, member, input={"id": member.id, "lastName": "Byrne"})
    after = await booked(practice, member, coach, TEN)

    names = [(await practice.ask(ONE_SESSION, coach, id=each))["memberName"] for each in (before, after)]

    assert names == ["Mia Okafor", "Mia Byrne"]


async def test_members_of_one_group_slot_do_not_see_each_other(practice: Practice) -> None:
    coach = await open_coach(practice)
    members = await practice.members(3, coach)
    session_ids = [await booked(practice, member, coach, NINE) for member in members]

    seen = [await ids(practice, member) for member in members]

    assert seen == [[session_id] for session_id in session_ids]


# Filters


async def test_sessions_are_filtered_by_status(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    kept, off = await booked(practice, member, coach, NINE), await booked(practice, member, coach, TEN)
    await cancelled(practice, member, off)

    assert await ids(practice, member) == [kept, off]
    assert await ids(practice, member, filter={"status": "SCHEDULED"}) == [kept]
    assert await ids(practice, member, filter={"status": "CANCELLED"}) == [off]
    assert await ids(practice, member, filter={"status": "COMPLETED"}) == []


async def test_sessions_are_filtered_by_their_start(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    at = {hour: await booked(practice, member, coach, hour) for hour in (NINE, TEN, ELEVEN)}

    assert await ids(practice, member, filter={"from": TEN}) == [at[TEN], at[ELEVEN]]
    assert await ids(practice, member, filter={"to": TEN}) == [at[NINE]]
    assert await ids(practice, member, filter={"from": TEN, "to": "2026-03-02T12:00:00+01:00"}) == [at[TEN]]
    assert await ids(practice, member, filter={"from": ELEVEN, "to": NINE}) == []
    assert await ids(practice, member, filter={"from": None, "to": None}) == list(at.values())


async def test_an_instant_that_no_calendar_can_hold_is_refused_by_the_name_of_its_field(practice: Practice) -> None:
    member = await practice.member()

    refusals = [
        await practice.refusal(SESSIONS, member, filter={field: "9999-12-31T00:00:00Z"}) for field in ("from", "to")
    ]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": field} for field in ("from", "to")]


async def test_an_admin_filters_by_coach_and_member(practice: Practice) -> None:
    one, other, admin = await open_coach(practice), await open_coach(practice), await practice.admin()
    first, second = await practice.members(2)
    a = await booked(practice, first, one, NINE)
    b = await booked(practice, second, one, TEN)
    c = await booked(practice, second, other, ELEVEN)

    assert await ids(practice, admin, filter={"coachId": one.id}) == [a, b]
    assert await ids(practice, admin, filter={"memberId": second.id}) == [b, c]
    assert await ids(practice, admin, filter={"coachId": one.id, "memberId": second.id}) == [b]


async def test_a_filter_takes_ids_of_their_own_kind_only(practice: Practice) -> None:
    coach, member = await practice.coach(), await practice.member()

    refusals = [
        await practice.refusal(SESSIONS, coach, filter={"coachId": member.id}),
        await practice.refusal(SESSIONS, coach, filter={"memberId": coach.id}),
    ]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": field} for field in ("coachId", "memberId")]


# Pages


async def test_pages_go_through_sessions_of_the_same_start_one_by_one(practice: Practice) -> None:
    coach = await open_coach(practice)
    members = await practice.members(5, coach)
    made = [await booked(practice, member, coach, NINE) for member in members]
    made += [await booked(practice, member, coach, TEN) for member in members[:2]]

    seen: list[str] = []
    after = None
    for page_no in range(4):
        page = await practice.ask(SESSIONS, coach, first=2, after=after)
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] == (page_no < 3)
        assert page["pageInfo"]["hasPreviousPage"] == (page_no > 0)

    assert seen == made


async def test_pages_keep_to_their_filter(practice: Practice) -> None:
    coach = await open_coach(practice)
    members = await practice.members(4, coach)
    made = [await booked(practice, member, coach, NINE) for member in members]
    await cancelled(practice, members[1], made[1])
    scheduled = {"status": "SCHEDULED"}

    first = await practice.ask(SESSIONS, coach, first=2, filter=scheduled)
    second = await ids(practice, coach, first=2, filter=scheduled, after=first["pageInfo"]["endCursor"])

    assert [edge["node"]["id"] for edge in first["edges"]] == [made[0], made[2]]
    assert second == [made[3]]


async def test_a_forged_cursor_is_refused(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    await booked(practice, member, coach, NINE)
    of_members = await practice.ask("{ members { pageInfo { endCursor } } }", coach)

    refusals = [
        await practice.refusal(SESSIONS, coach, after=after)
        for after in ("nonsense", of_members["pageInfo"]["endCursor"])
    ]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": "after"}] * 2


async def test_a_page_has_1_to_100_rows(practice: Practice) -> None:
    member = await practice.member()

    refusals = [await practice.refusal(SESSIONS, member, first=first) for first in (0, -1, 101)]

    assert [(refusal["code"], refusal["status"]) for refusal in refusals] == [("BAD_USER_INPUT", 400)] * 3
