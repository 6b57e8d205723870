"""Quotas: how much of what leaves the house one user may ask for within an hour, even at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.platform.settings import Settings
from tests.messaging import SEND
from tests.operations import ADD_OUTSIDE_CALENDAR, outside_calendar
from tests.practice import MovableClock, Person, Practice
from tests.services.scheduling.elsewhere import REFRESH
from tests.services.scheduling.elsewhere import UPDATE as UPDATE_CALENDAR
from tests.webhooks import SEND_TEST, endpoint

LIMITED = {"code": "RATE_LIMITED", "status": 429}
FEW = {"messages_per_hour": 3, "webhook_tests_per_hour": 3, "calendar_fetches_per_hour": 3}


@pytest.fixture
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    """Three of each within an hour."""
    async with Practice.opened(settings.model_copy(update=FEW), MovableClock()) as practice:
        yield practice


async def accepted(practice: Practice, who: Person, count: int, query: str, **given: Any) -> int:
    """How many of so many at once; the others are refused."""
    answers = await asyncio.gather(*(practice.execute(query, who, input=given) for _ in range(count)))
    refused = [answer["errors"][0]["extensions"] for answer in answers if "errors" in answer]
    assert all(extensions == LIMITED for extensions in refused), refused
    return count - len(refused)


async def test_no_more_messages_are_sent_within_an_hour_even_of_many_at_once(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member, others = await practice.member(coach), await practice.member(other)
    mail = {"channel": "EMAIL", "body": "Words"}

    assert await accepted(practice, coach, 6, SEND, memberId=member.id, **mail) == 3
    assert await practice.count("communications") == 3
    assert await accepted(practice, other, 1, SEND, memberId=others.id, **mail) == 1, "each has their own"
    practice.clock.move(hours=1)
    assert await accepted(practice, coach, 4, SEND, memberId=member.id, **mail) == 3


async def test_what_is_refused_or_asked_again_does_not_count(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    mail = {"memberId": member.id, "channel": "EMAIL", "body": "Words"}
    for _ in range(4):
        assert (await practice.ask(SEND, coach, input={**mail, "body": "{{ nobody }}"}))["code"] == "INVALID_INPUT"
        again = await practice.ask(SEND, coach, input={**mail, "idempotencyKey": "k"})
        assert again["__typename"] == "Communication"

    assert await accepted(practice, coach, 3, SEND, **mail) == 2


async def test_no_more_tests_of_webhooks_are_sent(practice: Practice) -> None:
    coach = await practice.coach()
    id_, _ = await endpoint(practice, coach, "https://example.com/hook")

    assert await accepted(practice, coach, 5, SEND_TEST, id=id_) == 3
    assert await practice.count("outbox") == 3


async def test_outside_calendars_are_not_asked_for_more_often(practice: Practice) -> None:
    coach = await practice.coach()
    id_ = await outside_calendar(practice, coach)
    practice.clock.move(minutes=2)
    assert await accepted(practice, coach, 1, REFRESH, id=id_) == 1
    assert await accepted(practice, coach, 1, REFRESH, id=id_) == 1, "one that is under way costs nothing"
    assert await accepted(practice, coach, 1, UPDATE_CALENDAR, id=id_, url="https://calendar.example/2.ics") == 1

    practice.clock.move(minutes=2)
    assert await accepted(practice, coach, 1, REFRESH, id=id_) == 0
    assert await accepted(practice, coach, 1, UPDATE_CALENDAR, id=id_, url="https://calendar.example/3.ics") == 0
    assert await accepted(practice, coach, 1, ADD_OUTSIDE_CALENDAR, url="https://calendar.example", name="B") == 0
    assert await accepted(practice, coach, 1, UPDATE_CALENDAR, id=id_, name="Another name") == 1


async def test_what_was_used_stays_used(practice: Practice) -> None:
    coach = await practice.coach()
    id_, _ = await endpoint(practice, coach, "https://example.com/hook")
    await accepted(practice, coach, 3, SEND_TEST, id=id_)
    for change in ("used = 1", "hour = hour - interval '1 hour'", "quota = 'MESSAGES'"):
        with pytest.raises(DBAPIError, match="what was used"):
            async with practice.as_actor(coach.actor) as db:
                await db.execute(text(f"UPDATE used_quotas SET {change}"))
    async with practice.as_actor(coach.actor) as db:
        assert (await db.execute(text("DELETE FROM used_quotas RETURNING used"))).all() == []
