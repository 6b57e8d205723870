"""Each session is an event of its coach's and its member's calendar (requirements 4.1 and 13)."""

from dataclasses import replace

import pytest

from app.platform.settings import Settings
from tests.calendars import EVENTS, OF_A_SESSION, event_of, events_of
from tests.lifecycle import CANCEL_SLOT, complete, no_show
from tests.operations import add_window, booked, cancelled, moved, transferred
from tests.practice import MovableClock, Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))


async def pair(practice: Practice, *, seats: int = 1) -> tuple[Person, Person]:
    coach = await practice.coach(display_name="Ada Byron")
    await add_window(practice, coach, seats=seats)
    return coach, await practice.member(coach, first_name="Grace", last_name="Hopper")


async def test_4_1_a_session_has_a_calendar_event_with_the_coach_as_creator_and_the_member_as_attendee(
    practice: Practice,
) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)

    for who in (coach, member, await practice.admin()):
        event = await event_of(practice, who, session)
        assert event["creator"] == {"name": "Ada Byron", "role": "COACH"}
        assert event["attendees"] == [{"name": "Grace Hopper", "role": "MEMBER"}]
        assert event["session"] == {"id": session, "version": 1}


async def test_13_1_the_category_of_the_event_is_coaching_session(practice: Practice) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)

    event = await event_of(practice, member, session)

    assert event["category"] == "Coaching Session"
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 0)
    assert (event["startsAt"], event["endsAt"]) == (NINE, TEN)


async def test_13_2_the_coach_is_the_creator_whoever_booked(practice: Practice) -> None:
    coach, member = await pair(practice)
    of_the_coach = await practice.ask(
        "mutation ($input: ScheduleSessionInput!) { scheduleSession(input: $input)"
        " { ... on Booking { session { calendarEvent { creator { name role } } } } } }",
        coach,
        input={"memberId": member.id, "startsAt": NINE},
    )

    assert of_the_coach["session"]["calendarEvent"]["creator"] == {"name": "Ada Byron", "role": "COACH"}


async def test_13_3_the_member_is_the_only_attendee_also_of_a_slot_that_they_share(practice: Practice) -> None:
    coach, member = await pair(practice, seats=2)
    other = await practice.member(coach, first_name="Somebody", last_name="Else")
    session, of_other = await booked(practice, member, coach, NINE), await booked(practice, other, coach, NINE)

    (own,) = await events_of(practice, member)
    both = await events_of(practice, coach)

    assert own["attendees"] == [{"name": "Grace Hopper", "role": "MEMBER"}]
    assert own["session"]["id"] == session
    assert sorted(each["attendees"][0]["name"] for each in both) == ["Grace Hopper", "Somebody Else"]
    assert len({each["uid"] for each in both}) == 2
    assert await practice.refusal(OF_A_SESSION, member, id=of_other) == {"code": "FORBIDDEN", "status": 403}


@pytest.mark.parametrize("by", ["member", "coach", "the whole slot"])
async def test_13_4_the_event_of_a_cancelled_session_is_cancelled_and_stays(practice: Practice, by: str) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    before = await event_of(practice, member, session)
    if by == "the whole slot":
        await practice.ask(CANCEL_SLOT, coach, input={"startsAt": NINE})
    else:
        await cancelled(practice, member if by == "member" else coach, session)

    for who in (coach, member):
        (event,) = await events_of(practice, who)
        assert (event["status"], event["sequence"]) == ("CANCELLED", 1)
        assert (event["uid"], event["startsAt"]) == (before["uid"], NINE)


@pytest.mark.parametrize(("public_url", "link"), [("https://a.example/b", "https://a.example/b/sessions/"), ("", None)])
async def test_13_5_the_event_links_to_its_session_and_shows_where_its_details_are(
    settings: Settings, public_url: str, link: str | None
) -> None:
    async with Practice.opened(settings.model_copy(update={"public_url": public_url}), MovableClock()) as practice:
        coach, member = await pair(practice)
        session = await booked(practice, member, coach, NINE)
        for who in (coach, member):
            event = await event_of(practice, who, session)
            assert event["session"]["id"] == session
            assert event["url"] == (link and f"{link}{session}")


async def test_13_6_the_event_moves_with_its_session_and_is_the_same_event(practice: Practice) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    before = await event_of(practice, member, session)

    for number, start in enumerate((TEN, ELEVEN, NINE), start=1):
        assert (await moved(practice, coach, session, start))["__typename"] == "Session"
        event = await event_of(practice, member, session)
        assert (event["startsAt"], event["sequence"], event["uid"]) == (start, number, before["uid"])
        assert [each["uid"] for each in await events_of(practice, coach)] == [before["uid"]]


async def test_what_a_calendar_need_not_hear_of_leaves_the_event_as_it_was(practice: Practice) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    await moved(practice, member, session, TEN)
    before = await event_of(practice, member, session)
    practice.clock.move(hours=4)

    await no_show(practice, coach, session)
    await complete(practice, coach, session, overrideReason="She came late.")

    after = await event_of(practice, member, session)
    assert after["session"]["version"] == before["session"]["version"] + 2
    assert {**after, "session": None} == {**before, "session": None}


async def test_events_are_found_by_the_time_that_they_reach_into(practice: Practice) -> None:
    coach, member = await pair(practice)
    for start in (NINE, TEN, ELEVEN):
        await booked(practice, member, coach, start)
    half_past = ("2026-03-02T09:30:00Z", "2026-03-02T10:30:00Z")

    async def starts(**wanted: str) -> list[str]:
        return [each["startsAt"] for each in await events_of(practice, member, **wanted)]

    assert await starts(**{"from": half_past[0], "to": half_past[1]}) == [NINE, TEN]
    assert await starts(**{"from": TEN, "to": ELEVEN}) == [TEN]
    assert await starts(**{"from": ELEVEN}) == [ELEVEN]
    assert await starts(to=TEN) == [NINE]
    refused = await practice.refusal(EVENTS, member, **{"from": TEN, "to": TEN})
    assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", "to")


async def test_events_come_in_pages(practice: Practice) -> None:
    coach, member = await pair(practice)
    for start in (ELEVEN, NINE, TEN):
        await booked(practice, member, coach, start)

    first = await practice.ask(EVENTS, coach, first=2)
    rest = await practice.ask(EVENTS, coach, first=2, after=first["edges"][-1]["cursor"])

    assert [edge["node"]["startsAt"] for edge in (*first["edges"], *rest["edges"])] == [NINE, TEN, ELEVEN]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_coachs_calendar_has_what_they_hold_and_not_what_their_members_have_with_others(
    practice: Practice,
) -> None:
    coach, member = await pair(practice)
    successor = await practice.coach()
    session = await booked(practice, member, coach, NINE)
    await transferred(practice, member, successor)

    assert [each["session"]["id"] for each in await events_of(practice, coach)] == [session]
    assert await events_of(practice, successor) == []
    assert (await event_of(practice, successor, session))["creator"]["name"] == "Ada Byron"


async def test_nobody_asks_for_another_ones_calendar_but_an_admin(practice: Practice) -> None:
    coach, member = await pair(practice)
    stranger, other = await practice.member(await practice.coach()), await practice.coach()
    session = await booked(practice, member, coach, NINE)
    forbidden = {"code": "FORBIDDEN", "status": 403}

    for who, wanted in (
        (stranger, {"memberId": member.id}),
        (other, {"memberId": member.id}),
        (other, {"coachId": coach.id}),
    ):
        assert await practice.refusal(EVENTS, who, **wanted) == forbidden
    assert await practice.refusal(EVENTS, None) == {"code": "UNAUTHENTICATED", "status": 401}
    assert (
        await practice.refusal(EVENTS, replace(member, actor=replace(member.actor, permissions=frozenset())))
        == forbidden
    )
    assert await events_of(practice, stranger, coachId=coach.id) == []
    assert await events_of(practice, other) == []
    admin = await practice.admin()
    for wanted in ({"memberId": member.id}, {"coachId": coach.id}, {}):
        assert [each["session"]["id"] for each in await events_of(practice, admin, **wanted)] == [session]
    assert await events_of(practice, admin, coachId=other.id) == []
