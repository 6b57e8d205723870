"""A coach's list is read in two parts, each in its order: what they hold, and what their members have with others."""

from tests.operations import SESSIONS, add_window, booked
from tests.practice import Person, Practice


async def open_coach(practice: Practice) -> Person:
    coach = await practice.coach(booking_audience="MEMBERS")
    await add_window(practice, coach, seats=5)
    return coach


async def test_a_coachs_pages_join_what_they_hold_with_what_their_members_have_with_others(practice: Practice) -> None:
    coach, other = await open_coach(practice), await open_coach(practice)
    mine, somebody = await practice.member(coach), await practice.member()
    made = [
        await booked(practice, somebody, coach, "2026-03-02T09:00:00Z"),
        await booked(practice, mine, other, "2026-03-02T10:00:00Z"),
        await booked(practice, mine, coach, "2026-03-02T11:00:00Z"),
        await booked(practice, mine, other, "2026-03-09T09:00:00Z"),
        await booked(practice, somebody, coach, "2026-03-09T10:00:00Z"),
    ]
    await booked(practice, somebody, other, "2026-03-09T11:00:00Z")

    seen, after = [], None
    for _ in range(5):
        page = await practice.ask(SESSIONS, coach, first=1, after=after)
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]

    assert seen == made
    assert page["pageInfo"]["hasNextPage"] is False
