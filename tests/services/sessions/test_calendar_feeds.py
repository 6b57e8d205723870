"""Making feeds, listing them, revoking them: for oneself, a few, and their secret is shown once."""

import asyncio
import hashlib
import re

from app.platform.settings import Settings
from tests.calendars import CREATE_FEED, FEEDS, REVOKE_FEED, feed_of
from tests.operations import nothing_written
from tests.practice import MovableClock, Practice

FORBIDDEN = {"code": "FORBIDDEN", "status": 403}


async def test_the_address_is_shown_once_and_only_a_hash_of_its_secret_is_stored(practice: Practice) -> None:
    member = await practice.member()
    made = await practice.ask(CREATE_FEED, member, input={"name": " My phone "})
    found = re.fullmatch(r"/calendar/([A-Za-z0-9_-]{43})\.ics", made["url"])

    assert found is not None
    assert made["__typename"] == "CreatedCalendarFeed"
    assert made["feed"] == {
        "id": made["feed"]["id"],
        "name": "My phone",
        "lastReadAt": None,
        "createdAt": "2026-03-02T08:00:00Z",
    }
    assert await practice.ask(FEEDS, member) == [made["feed"]]
    ((stored, everything),) = await practice.rows("SELECT secret_hash, to_jsonb(f)::text FROM calendar_feeds f")
    assert stored == hashlib.sha256(found[1].encode()).digest()
    assert found[1] not in everything


async def test_the_address_is_a_whole_one_where_it_is_known_how_people_reach_the_server(settings: Settings) -> None:
    public = settings.model_copy(update={"public_url": "https://coaching.example"})
    async with Practice.opened(public, MovableClock()) as practice:
        _, url = await feed_of(practice, await practice.coach())

    assert url.startswith("https://coaching.example/calendar/")


async def test_feeds_are_ones_own(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    of_member, _ = await feed_of(practice, member)
    of_coach, _ = await feed_of(practice, coach)
    admin, neighbour = await practice.admin(), await practice.member(coach)

    assert [feed["id"] for feed in await practice.ask(FEEDS, member)] == [of_member]
    assert [feed["id"] for feed in await practice.ask(FEEDS, coach)] == [of_coach]
    assert await practice.ask(FEEDS, admin) == []
    async with nothing_written(practice):
        for who in (coach, admin, neighbour):
            assert await practice.refusal(REVOKE_FEED, who, input={"id": of_member}) == FORBIDDEN
    assert await practice.refusal(CREATE_FEED, admin, input={"name": "Mine"}) == FORBIDDEN
    for query, given in (
        (FEEDS, {}),
        (CREATE_FEED, {"input": {"name": "Mine"}}),
        (REVOKE_FEED, {"input": {"id": of_member}}),
    ):
        assert (await practice.refusal(query, None, **given))["code"] == "UNAUTHENTICATED"


async def test_a_revoked_feed_is_gone(practice: Practice) -> None:
    member = await practice.member()
    first, _ = await feed_of(practice, member, "First")
    second, _ = await feed_of(practice, member, "Second")

    assert await practice.ask(REVOKE_FEED, member, input={"id": first}) == {"__typename": "Removed", "id": first}

    assert [feed["id"] for feed in await practice.ask(FEEDS, member)] == [second]
    assert await practice.refusal(REVOKE_FEED, member, input={"id": first}) == FORBIDDEN


async def test_nobody_has_more_than_ten_also_when_they_are_asked_for_at_once(practice: Practice) -> None:
    member, other = await practice.members(2)
    answers = await asyncio.gather(
        *(practice.ask(CREATE_FEED, member, input={"name": f"Number {number}"}) for number in range(14))
    )

    made = [answer for answer in answers if answer["__typename"] == "CreatedCalendarFeed"]
    assert {answer.get("code") for answer in answers if answer not in made} <= {"TOO_MANY_CALENDAR_FEEDS", "TRY_AGAIN"}
    for number in range(10 - len(made)):
        await feed_of(practice, member, f"After {number}")
    assert await practice.ask(CREATE_FEED, member, input={"name": "One more"}) == {
        "__typename": "TooManyCalendarFeeds",
        "code": "TOO_MANY_CALENDAR_FEEDS",
        "message": "Nobody has more than 10 calendar feeds; revoke one first",
    }
    assert await practice.count("calendar_feeds") == 10
    await feed_of(practice, other)  # another one's do not count
    await practice.ask(REVOKE_FEED, member, input={"id": (await practice.ask(FEEDS, member))[3]["id"]})
    await feed_of(practice, member, "In its place")
