"""Feeds as calendar programs read them: over HTTP, by a secret, and cheaply again and again."""

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from app.platform import request_lines
from app.platform.settings import Settings
from app.server import Application
from tests.calendars import REVOKE_FEED, Component, during, event_of, feed_of, read_strictly
from tests.operations import UPDATE_COACH, add_window, booked, cancelled, moved
from tests.practice import MovableClock, Person, Practice
from tests.server.serving import Served, start_serving

NINE, TEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10))
NEXT_WEEK = "2026-03-09T09:00:00Z"


@pytest.fixture
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield practice


@pytest.fixture
async def served(practice: Practice) -> AsyncIterator[Served]:
    async with start_serving(practice.application) as served:
        yield served


async def pair(practice: Practice, *, seats: int = 1) -> tuple[Person, Person]:
    coach = await practice.coach(display_name="Ada Byron")
    await add_window(practice, coach, seats=seats)
    return coach, await practice.member(coach, first_name="Grace", last_name="Hopper")


async def get(served: Served, url: str, **headers: str) -> httpx2.Response:
    async with served.client() as client:
        return await client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def events_at(served: Served, url: str) -> list[Component]:
    answer = await get(served, url)
    assert answer.status_code == 200, answer.text
    return read_strictly(answer.content).of_kind("VEVENT")


async def test_13_1_to_13_6_a_feed_shows_each_session_as_it_stands(practice: Practice, served: Served) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    event = await event_of(practice, member, session)
    (_, for_coach), (_, for_member) = await feed_of(practice, coach), await feed_of(practice, member)

    for url, other in ((for_coach, "Grace Hopper"), (for_member, "Ada Byron")):
        answer = await get(served, url)
        calendar = read_strictly(answer.content)
        (shown,) = calendar.of_kind("VEVENT")
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.headers["cache-control"] == "private, no-cache"
        assert calendar.text("METHOD") == "PUBLISH"
        assert shown.text("SUMMARY") == f"Coaching Session with {other}"
        assert [shown.text(name) for name in ("UID", "SEQUENCE", "STATUS")] == [event["uid"], "0", "CONFIRMED"]
        assert during(calendar, shown) == (datetime.fromisoformat(NINE), datetime.fromisoformat(TEN))
        assert b"@" not in answer.content

    await moved(practice, member, session, TEN)
    (shown,) = await events_at(served, for_coach)
    assert [shown.text(name) for name in ("UID", "SEQUENCE", "DTSTART")] == [event["uid"], "1", "20260302T100000Z"]

    await cancelled(practice, coach, session)
    (shown,) = await events_at(served, for_member)
    assert [shown.text(name) for name in ("UID", "SEQUENCE", "STATUS")] == [event["uid"], "2", "CANCELLED"]


async def test_a_feed_has_its_owners_sessions_and_nobody_elses(practice: Practice, served: Served) -> None:
    coach, member = await pair(practice, seats=3)
    secret_of_another = await practice.member(coach, first_name="Canary", last_name="Bird")
    elsewhere, far = await pair(practice)
    own = await booked(practice, member, coach, NINE)
    for who, where in ((secret_of_another, coach), (far, elsewhere)):
        await booked(practice, who, where, NINE)
    (_, for_member), (_, for_coach) = await feed_of(practice, member), await feed_of(practice, coach)

    answer = await get(served, for_member)

    (shown,) = read_strictly(answer.content).of_kind("VEVENT")
    assert shown.text("UID") == (await event_of(practice, member, own))["uid"]
    assert b"Canary" not in answer.content
    assert len(await events_at(served, for_coach)) == 2


async def test_a_feed_reaches_90_days_back_and_keeps_what_is_cancelled_for_30(
    practice: Practice, served: Served
) -> None:
    coach, member = await pair(practice)
    past, off = await booked(practice, member, coach, NINE), await booked(practice, member, coach, NEXT_WEEK)
    await cancelled(practice, member, off)
    _, url = await feed_of(practice, member)

    async def after(days: float) -> list[str]:
        practice.clock.now = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(days=days)
        return [each.text("STATUS") for each in await events_at(served, url)]

    assert await after(0) == ["CONFIRMED", "CANCELLED"]
    assert await after(29.9) == ["CONFIRMED", "CANCELLED"]
    assert await after(31) == ["CONFIRMED"]
    assert await after(90) == ["CONFIRMED"]
    assert await after(91) == []
    assert past != off


async def test_who_has_the_text_is_told_so_until_it_changes(practice: Practice, served: Served) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    _, url = await feed_of(practice, member)
    tags = set()

    async def changed() -> None:
        """A new text under a new tag; then not modified, whichever way it is asked."""
        answer = await get(served, url, if_none_match=", ".join(['"older"', *tags]))
        assert answer.status_code == 200
        assert answer.headers["etag"] not in tags
        tags.add(tag := answer.headers["etag"])
        for known in (tag, f"W/{tag}", f'"another", {tag}', "*"):
            again = await get(served, url, if_none_match=known)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert (await get(served, url)).content == answer.content

    await changed()
    await moved(practice, member, session, TEN)
    await changed()
    await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "displayName": "Countess Lovelace"})
    await changed()
    await practice.rows("UPDATE users SET time_zone = 'Asia/Kolkata' WHERE id = :id RETURNING 1", id=member.user.id)
    await changed()
    await cancelled(practice, member, session)
    await changed()
    await booked(practice, member, coach, NINE)
    await changed()


async def test_what_is_known_by_its_date_is_not_sent_again(practice: Practice, served: Served) -> None:
    coach, member = await pair(practice)
    session = await booked(practice, member, coach, NINE)
    # The database stamps new sessions by its own clock, which is ahead of this practice's.
    await practice.rows("UPDATE sessions SET updated_at = :now RETURNING 1", now=practice.clock())
    _, url = await feed_of(practice, member)
    assert "last-modified" not in (await get(served, url)).headers  # there may be more within the same second

    practice.clock.move(minutes=2)
    said = (await get(served, url)).headers["last-modified"]
    at = parsedate_to_datetime(said)

    assert at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    for since, status in ((at, 304), (at + timedelta(hours=1), 304), (at - timedelta(seconds=1), 200)):
        answer = await get(served, url, if_modified_since=format_datetime(since, usegmt=True))
        assert answer.status_code == status
    for wrong in ("yesterday", "", "Mon, 99 Mar 2026 08:00:00 GMT", "Mon, 02 Mar 2026 08:00:00"):
        assert (await get(served, url, if_modified_since=wrong)).status_code == 200
    # Where tags are given, they decide.
    assert (await get(served, url, if_modified_since=said, if_none_match='"older"')).status_code == 200

    await moved(practice, member, session, TEN)
    assert (await get(served, url, if_modified_since=said)).status_code == 200


async def test_head_says_what_get_would_and_nothing_else_is_answered(practice: Practice, served: Served) -> None:
    coach, member = await pair(practice)
    await booked(practice, member, coach, NINE)
    _, url = await feed_of(practice, member)
    async with served.client() as client:
        got, head = await client.get(url), await client.head(url)
        posted = await client.post(url)
        known = await client.head(url, headers={"if-none-match": got.headers["etag"]})

    same = ("etag", "content-type", "cache-control")
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in same} == {name: got.headers[name] for name in same}
    assert "content-length" not in head.headers
    assert known.status_code == 304
    assert posted.status_code == 405


async def test_a_wrong_secret_a_revoked_one_and_that_of_who_may_not_any_more_are_not_found_alike(
    practice: Practice, served: Served
) -> None:
    coach, member = await pair(practice)
    feed, revoked = await feed_of(practice, member)
    await practice.ask(REVOKE_FEED, member, input={"id": feed})
    _, of_the_gone = await feed_of(practice, await practice.member(coach))
    await practice.rows(
        "UPDATE users SET is_active = false WHERE id <> :id AND role = 'MEMBER' RETURNING 1", id=member.user.id
    )
    forbidden = await practice.member(coach)
    _, of_the_forbidden = await feed_of(practice, forbidden)
    await practice.rows(
        "INSERT INTO user_permissions VALUES (:id, 'sessions:read', false) RETURNING 1", id=forbidden.user.id
    )
    _, good = await feed_of(practice, member)
    wrong = (
        revoked,
        of_the_gone,
        of_the_forbidden,
        "/calendar/" + "A" * 43 + ".ics",
        "/calendar/A.ics",
        good.removesuffix("A.ics") + "%00.ics",
        good.swapcase().replace("/CALENDAR/", "/calendar/").replace(".ICS", ".ics"),
        good.removesuffix(".ics"),
        good.replace(".ics", "A.ics"),
        "/calendar/%F0%9F%91%A9.ics",
    )
    answers = [await get(served, url) for url in wrong]

    def told(answer: httpx2.Response) -> Any:
        return answer.status_code, answer.content, {**answer.headers, "date": "", "x-request-id": ""}

    assert (await get(served, good)).status_code == 200
    assert {answer.status_code for answer in answers} == {404}
    assert all(told(answer) == told(answers[0]) for answer in answers)


async def test_when_a_feed_was_read_is_noted_once_an_hour(practice: Practice, served: Served) -> None:
    member = await practice.member()
    _, url = await feed_of(practice, member)
    noted = []
    for _ in range(4):
        await get(served, url)
        noted += await practice.rows("SELECT last_read_at FROM calendar_feeds")
        practice.clock.move(minutes=40)

    begun = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert [at for (at,) in noted] == [begun, begun, *[begun + timedelta(minutes=80)] * 2]


async def test_while_the_database_is_away_programs_and_people_are_told_to_come_again(settings: Settings) -> None:
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"
    application = Application(settings.model_copy(update={"database_url": nowhere, "database_owner_url": nowhere}))
    token = application.house.links.unsubscribe_token(UUID(int=1), "BOOKING_CONFIRMED", "EMAIL")
    async with start_serving(application) as served, served.client() as client:
        answers = [await get(served, "/calendar/" + "A" * 43 + ".ics"), await client.post(f"/unsubscribe/{token}")]
    await application.database.close()

    assert [(answer.status_code, answer.headers["retry-after"]) for answer in answers] == [(503, "60")] * 2


async def test_the_secret_is_not_in_the_log(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    out = io.StringIO()
    quick = request_lines.request_line("json", "INFO", out)
    monkeypatch.setattr("app.server.request_line", lambda *given: quick)
    _, url = await feed_of(practice, await practice.member())
    secret = url.split("/")[-1].removesuffix(".ics")

    async with start_serving(practice.application) as served:
        for path in (
            url,
            f"{served.url}/{url}",
            url.upper(),
            f"/elsewhere{url}?again={secret}",
            "/healthy/" + "x" * 31,
        ):
            await get(served, path)

    paths = [json.loads(line)["path"] for line in out.getvalue().splitlines()]
    assert paths == [
        "/calendar/***.ics",
        "//calendar/***.ics",
        "/CALENDAR/***.ICS",
        "/elsewhere/calendar/***.ics",
        "/healthy/" + "x" * 31,
    ]
    assert secret not in caplog.text
