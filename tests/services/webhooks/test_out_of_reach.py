"""Addresses that nothing is ever sent to: refused when they are given, and at the latest when they are asked."""

import pytest

from app.platform.outgoing import GuardedClient
from tests.operations import ADD_OUTSIDE_CALENDAR, outside_calendar
from tests.practice import Practice
from tests.services.scheduling.elsewhere import UPDATE as UPDATE_CALENDAR
from tests.webhooks import ADD, SEND_TEST, UPDATE, endpoint, messages, pauses

URL = "https://example.com/hook"
OUT_OF_REACH = [
    "https://10.0.0.1/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[fd00::1]/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://rapport.localhost/",
    "http://example.com/",
    "http://93.184.215.14/",
]


async def test_an_address_that_would_be_refused_is_refused_when_it_is_given(practice: Practice) -> None:
    coach = await practice.coach()
    id_, _ = await endpoint(practice, coach, URL)
    calendar = await outside_calendar(practice, coach)
    for url in OUT_OF_REACH:
        for asked, given in (
            (ADD, {"url": url}),
            (UPDATE, {"id": id_, "url": url}),
            (ADD_OUTSIDE_CALENDAR, {"url": url, "name": "Own"}),
            (UPDATE_CALENDAR, {"id": calendar, "url": url}),
        ):
            refused = await practice.ask(asked, coach, input=given)
            assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "url"), url

    assert await practice.count("webhook_endpoints") == await practice.count("outside_calendars") == 1


@pytest.mark.parametrize(
    ("client", "url"),
    [
        (GuardedClient(allow=["n8n.internal"]), "http://n8n.internal/hook"),
        (GuardedClient(allow=["localhost"]), "http://localhost:5678/hook"),
        (GuardedClient(allow=["10.0.0.0/8"]), "http://10.1.2.3:5678/hook"),
        # A name may turn out to lead into the practice's own network.
        (GuardedClient(allow=["10.0.0.0/8"]), "http://n8n.internal/hook"),
        (GuardedClient(allow_http=True), "http://example.com/hook"),
        (GuardedClient(), "https://example.com:8443/hook"),
        (GuardedClient(), "https://93.184.215.14/hook"),
    ],
)
async def test_what_the_practice_allows_is_taken(practice: Practice, client: GuardedClient, url: str) -> None:
    practice.house.outside.outgoing = client
    await endpoint(practice, await practice.coach(), url)
    await client.close()


async def test_what_only_its_name_hides_fails_at_once_and_says_why(practice: Practice) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.1"]

    practice.house.outside.outgoing = GuardedClient(resolve=inside)
    coach = await practice.coach()
    id_, _ = await endpoint(practice, coach, URL)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()

    (message,) = await messages(practice, coach, id_)
    why = "the address does not lead to a public one"
    assert (message["status"], message["reason"]) == ("FAILED", why)
    assert [attempt["failure"] for attempt in message["attempts"]] == [why]
    assert await pauses(practice) == []
