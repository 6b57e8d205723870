"""Endpoints: whose they are, what they may be, and their secrets, which are shown once."""

from base64 import b64decode
from typing import Any
from unittest.mock import AsyncMock

import pytest

from app.platform.outgoing import GuardedClient
from tests.practice import Person, Practice
from tests.webhooks import ADD, ENDPOINTS, MESSAGES, REMOVE, ROTATE, SEND_TEST, UPDATE, endpoint

URL = "https://example.com/hook"


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


async def listed(practice: Practice, who: Person, **given: Any) -> list[str]:
    return [edge["node"]["id"] for edge in (await practice.ask(ENDPOINTS, who, **given))["edges"]]


async def test_a_secret_is_made_here_shown_once_and_stored_sealed(practice: Practice, coach: Person) -> None:
    id_, secret = await endpoint(practice, coach, URL, description="n8n")
    again = (await practice.ask(ROTATE, coach, input={"id": id_}))["secret"]

    assert len({secret, again}) == 2
    for each in (secret, again):
        assert each.startswith("whsec_")
        assert len(b64decode(each.removeprefix("whsec_"), validate=True)) == 32
    rows = await practice.rows("SELECT sealed_secret, sealed_previous_secret FROM webhook_endpoints")
    ((newest, previous),) = rows
    for stored in (newest, previous):
        assert stored[0] == 1
        assert secret.encode() not in stored
        assert again.encode() not in stored


async def test_the_practices_are_for_admins_and_a_coachs_for_the_coach(practice: Practice, coach: Person) -> None:
    admin, other, member = await practice.admin(), await practice.coach(), await practice.member(coach)
    own, _ = await endpoint(practice, coach, URL)
    of_practice, _ = await endpoint(practice, admin, URL)
    given, _ = await endpoint(practice, admin, URL, coachId=other.id)

    assert await listed(practice, coach) == [own]
    assert await listed(practice, other) == [given]
    assert await listed(practice, admin) == [own, of_practice, given]
    assert await listed(practice, admin, coachId=other.id) == [given]
    assert (await practice.refusal(ENDPOINTS, coach, coachId=other.id))["code"] == "FORBIDDEN"
    assert (await practice.refusal(ENDPOINTS, member))["code"] == "FORBIDDEN"
    for asked in (UPDATE, REMOVE, ROTATE, SEND_TEST):
        for id_ in (of_practice, given):
            assert (await practice.refusal(asked, coach, input={"id": id_}))["code"] == "FORBIDDEN"
    assert (await practice.refusal(MESSAGES, coach, endpointId=given))["code"] == "FORBIDDEN"
    forced = {"url": URL, "coachId": other.id}
    assert (await practice.refusal(ADD, coach, input=forced))["code"] == "FORBIDDEN"
    assert await practice.count("webhook_endpoints") == 3


async def test_an_owner_has_at_most_20(practice: Practice, coach: Person) -> None:
    admin = await practice.admin()
    for who in (coach, admin):
        for _ in range(20):
            await endpoint(practice, who, URL)
        assert (await practice.ask(ADD, who, input={"url": URL}))["code"] == "TOO_MANY_WEBHOOK_ENDPOINTS"
    await endpoint(practice, await practice.coach(), URL)

    (id_, *_) = await listed(practice, coach)
    assert (await practice.ask(REMOVE, coach, input={"id": id_}))["id"] == id_
    await endpoint(practice, coach, URL)


NO_ADDRESSES = [
    "example.com",
    "ftp://example.com/",
    "https://",
    "https:///path",
    "https://me:secret@example.com/",
    "https://example.com/a b",
    "https://example.com:22/",
    "https://example.com:99999/",
    "https://[::1/",
    "file:///etc/passwd",
]


async def test_what_is_no_address_is_refused(practice: Practice, coach: Person) -> None:
    id_, _ = await endpoint(practice, coach, URL)
    for url in NO_ADDRESSES:
        for asked, given in ((ADD, {"url": url}), (UPDATE, {"id": id_, "url": url})):
            refused = await practice.ask(asked, coach, input=given)
            assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "url"), url


async def test_events_are_chosen_by_their_names(practice: Practice, coach: Person) -> None:
    given = {"url": URL, "eventTypes": ["session.cancelled", "session.booked", "session.booked"]}
    added = await practice.ask(ADD, coach, input=given)
    assert added["endpoint"]["eventTypes"] == ["session.booked", "session.cancelled"]

    for wrong in ([], ["nonsense"], ["test.sent"], ["SessionBooked"]):
        refused = await practice.ask(ADD, coach, input={"url": URL, "eventTypes": wrong})
        assert refused["code"] == "INVALID_INPUT"
        assert refused["field"].startswith("eventTypes")


async def test_an_endpoint_leaves_with_everything_it_was_sent(practice: Practice, coach: Person) -> None:
    practice.house.outside.outgoing = GuardedClient(resolve=AsyncMock(return_value=[]))
    id_, _ = await endpoint(practice, coach, URL)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()
    assert await practice.count("webhook_attempts") == 1
    await practice.ask(REMOVE, coach, input={"id": id_})
    await practice.work()

    for table in ("webhook_endpoints", "webhook_messages", "webhook_attempts"):
        assert await practice.count(table) == 0
