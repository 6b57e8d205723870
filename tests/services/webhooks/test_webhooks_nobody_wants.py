"""What no endpoint wants makes no job, and what one wants is never passed over."""

from typing import Any

import pytest

from app import worker as worker_module
from app.models.outbox import take
from tests.operations import add_window, booked
from tests.practice import Person, Practice
from tests.webhooks import SEND_TEST, UPDATE, endpoint

URL = "https://example.com/hook"
NINE = "2026-03-02T09:00:00Z"


@pytest.fixture
async def coach(practice: Practice) -> Person:
    coach = await practice.coach()
    await add_window(practice, coach)
    return coach


async def queued(practice: Practice) -> int:
    """Jobs that write down what endpoints are to be sent, once all that happened is handed on."""
    while await practice.worker.relay():
        pass
    return await practice.count("pgqueuer", "entrypoint = 'webhook_events'")


async def test_an_event_is_recorded_only_if_an_endpoint_may_want_it(practice: Practice, coach: Person) -> None:
    other, admin = await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    await endpoint(practice, other, URL)
    await endpoint(practice, coach, URL, eventTypes=["session.cancelled"])
    disabled, _ = await endpoint(practice, coach, URL)
    await practice.ask(UPDATE, coach, input={"id": disabled, "isEnabled": False})
    await booked(practice, member, coach, NINE)
    assert await queued(practice) == 0
    assert await practice.count("pgqueuer", "entrypoint = 'notify'") == 1, "others hear of it all the same"

    await endpoint(practice, coach, URL, eventTypes=["session.booked"])
    await booked(practice, member, coach, "2026-03-02T10:00:00Z")
    assert await queued(practice) == 1
    await endpoint(practice, admin, URL)
    await booked(practice, member, coach, "2026-03-02T11:00:00Z")
    assert await queued(practice) == 2


async def test_a_test_is_wanted_whatever_is_chosen(practice: Practice, coach: Person) -> None:
    id_, _ = await endpoint(practice, coach, URL, eventTypes=["session.cancelled"])
    await practice.ask(SEND_TEST, coach, input={"id": id_})

    assert await queued(practice) == 1


async def test_an_endpoint_that_was_there_before_the_event_hears_of_it_even_if_the_relay_began_before_both(
    practice: Practice, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await practice.member(coach)

    async def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(worker_module, "take", take)
        await endpoint(practice, coach, URL)
        await booked(practice, member, coach, NINE)
        return await take(*args)

    monkeypatch.setattr(worker_module, "take", meanwhile)

    assert await queued(practice) == 1
