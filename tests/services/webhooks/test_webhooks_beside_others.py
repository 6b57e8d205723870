"""An endpoint does not answer for what others do to its host, nor for what breaks on our side."""

import asyncio

import pytest

from app.jobs import webhooks as webhook_jobs
from app.services.webhooks import SCHEDULE
from tests.practice import Person, Practice
from tests.receiving import Receiver, receiving
from tests.webhooks import SEND_TEST, endpoint, messages, try_again

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


async def test_what_could_not_be_asked_for_others_at_the_same_host_is_no_try(
    practice: Practice, coach: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.webhooks.sending.SECONDS", 0.1)
    id_, _ = await endpoint(practice, coach, receiver.url)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    answered = asyncio.Event()
    async with receiving(before=answered.wait) as stuck, asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(practice.house.outside.outgoing.request("GET", stuck.url))
        await stuck.connected(4)
        await practice.work()
        (message,) = await messages(practice, coach, id_)
        answered.set()
    assert (message["status"], message["attempts"]) == ("PENDING", [])

    monkeypatch.undo()
    await try_again(practice)

    (message,) = await messages(practice, coach, id_)
    assert (message["status"], len(message["attempts"])) == ("DELIVERED", 1)


async def test_what_breaks_in_a_way_of_its_own_is_a_try_and_comes_to_an_end(
    practice: Practice, coach: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*asked: object, **given: object) -> None:
        raise KeyError("of whatever kind")

    monkeypatch.setattr(practice.house.outside.outgoing, "request", broken)
    id_, _ = await endpoint(practice, coach, receiver.url)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()
    for _ in SCHEDULE[1:]:
        await try_again(practice)

    (message,) = await messages(practice, coach, id_)
    assert (message["status"], len(message["attempts"])) == ("FAILED", len(SCHEDULE))
    assert await practice.count("pgqueuer", "entrypoint = 'send_webhook'") == 0


async def test_all_that_is_old_goes_however_much_it_is(
    practice: Practice, coach: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.webhooks.recording.MOST_AT_ONCE", 1)
    id_, _ = await endpoint(practice, coach, receiver.url)
    for _ in range(3):
        await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()
    practice.clock.move(days=31)
    await webhook_jobs.prune(practice.context())

    assert await messages(practice, coach, id_) == []
