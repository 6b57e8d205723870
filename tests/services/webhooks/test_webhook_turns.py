"""Two at a time for one endpoint, in all processes together, and nobody waits for another's endpoint."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from app.context import Context
from app.jobs import webhooks as webhook_jobs
from app.platform.settings import Settings
from app.services.webhooks.turns import StillUnderWay
from tests.practice import Person, Practice
from tests.receiving import Receiver, receiving
from tests.webhooks import SEND_TEST, endpoint, messages, try_again

pytestmark = pytest.mark.usefixtures("loopback")

PAYLOADS = (
    "SELECT convert_from(payload, 'UTF8')::jsonb FROM pgqueuer WHERE entrypoint = 'send_webhook'"
    " AND status = 'queued' ORDER BY id"
)


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


@pytest.fixture
async def beside(practice: Practice, settings: Settings) -> AsyncIterator[Practice]:
    """Another worker's process."""
    async with Practice.opened(settings, practice.clock, emptied=False) as found:
        found.house.outside.outgoing = practice.house.outside.outgoing
        yield found


async def ask_for(practice: Practice, who: Person, endpoint_id: str, count: int) -> None:
    """So many messages, recorded and not sent."""
    for _ in range(count):
        await practice.ask(SEND_TEST, who, input={"id": endpoint_id})
    await practice.worker.relay()
    rows = await practice.rows(
        "DELETE FROM pgqueuer WHERE entrypoint = 'webhook_events' RETURNING convert_from(payload, 'UTF8')::jsonb"
    )
    for (payload,) in rows:
        await webhook_jobs.record(Context(practice.house), payload)


async def queued(practice: Practice) -> list[dict[str, object]]:
    """Payloads of the tries that are queued."""
    return [row[0] for row in await practice.rows(PAYLOADS)]


@asynccontextmanager
async def hanging() -> AsyncIterator[tuple[Receiver, asyncio.Event]]:
    """A receiver that answers nobody before the event is set."""
    answered = asyncio.Event()
    async with receiving(before=answered.wait) as receiver:
        try:
            yield receiver, answered
        finally:
            answered.set()


async def test_of_many_messages_no_more_are_queued_than_an_endpoint_has_places(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    await ask_for(practice, coach, id_, 6)

    assert await practice.count("webhook_messages", "is_waiting") == 4
    assert len(await queued(practice)) == 2
    await practice.work()
    assert [each["status"] for each in await messages(practice, coach, id_)] == ["DELIVERED"] * 6
    assert len({each.webhook_id for each in receiver.received}) == len(receiver.received) == 6


async def test_two_at_a_time_are_sent_by_two_workers_together(
    practice: Practice, beside: Practice, coach: Person
) -> None:
    async with hanging() as (receiver, answered):
        id_, _ = await endpoint(practice, coach, receiver.url)
        await ask_for(practice, coach, id_, 6)
        # All of them are tried at once, as after a retry of each.
        async with practice.as_system() as db:
            await db.execute(text("UPDATE webhook_messages SET is_waiting = false"))
        turns = [
            {"message_id": str(row[0]), "round": 1, "tries": 0}
            for row in await practice.rows("SELECT id FROM webhook_messages ORDER BY id")
        ]
        async with asyncio.TaskGroup() as group:
            for number, turn in enumerate(turns):
                worker = practice if number % 2 else beside
                group.create_task(webhook_jobs.send(Context(worker.house), turn))
            await receiver.connected(2)
            answered.set()
        assert receiver.most_at_once == 2

        await practice.work()
        assert [each["status"] for each in await messages(practice, coach, id_)] == ["DELIVERED"] * 6
        assert len({each.webhook_id for each in receiver.received}) == len(receiver.received) == 6


async def test_an_endpoint_that_hangs_keeps_no_job_but_two_and_nobody_else_waits(
    practice: Practice, beside: Practice, coach: Person, receiver: Receiver
) -> None:
    async with hanging() as (stuck, answered):
        hangs, _ = await endpoint(practice, coach, stuck.url)
        works, _ = await endpoint(practice, coach, receiver.url)
        await ask_for(practice, coach, hangs, 20)
        first, second = await queued(practice)
        async with asyncio.TaskGroup() as group:
            for turn in (first, second):
                group.create_task(webhook_jobs.send(Context(practice.house), turn))
            await stuck.connected(2)
            await practice.rows("DELETE FROM pgqueuer WHERE entrypoint = 'send_webhook' RETURNING id")
            await practice.ask(SEND_TEST, coach, input={"id": works})
            await beside.work()
            assert [each["status"] for each in await messages(practice, coach, works)] == ["DELIVERED"]
            assert stuck.most_at_once == 2
            answered.set()
        await practice.work()
        assert [each["status"] for each in await messages(practice, coach, hangs)] == ["DELIVERED"] * 20


async def test_a_job_that_runs_twice_sends_once(practice: Practice, coach: Person, receiver: Receiver) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    await ask_for(practice, coach, id_, 1)
    (turn,) = await queued(practice)

    for _ in range(2):
        await webhook_jobs.send(Context(practice.house), turn)
    await practice.work()

    assert len(receiver.received) == 1
    (message,) = await messages(practice, coach, id_)
    assert len(message["attempts"]) == 1


async def test_what_another_worker_sends_at_this_moment_is_left_to_it(practice: Practice, coach: Person) -> None:
    async with hanging() as (receiver, answered):
        id_, _ = await endpoint(practice, coach, receiver.url)
        await ask_for(practice, coach, id_, 1)
        (turn,) = await queued(practice)
        async with asyncio.TaskGroup() as group:
            group.create_task(webhook_jobs.send(Context(practice.house), turn))
            await receiver.connected(1)
            with pytest.raises(StillUnderWay):
                await webhook_jobs.send(Context(practice.house), turn)
            answered.set()
        assert len(receiver.received) == 1


async def test_what_a_worker_died_over_is_sent_again_once_its_lease_is_over(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    await ask_for(practice, coach, id_, 3)
    async with practice.as_system() as db:  # both places are taken, by nobody who lives
        await db.execute(
            text("UPDATE webhook_messages SET sending_until = clock_timestamp() + interval '30 s' WHERE NOT is_waiting")
        )
    await practice.work()
    assert receiver.received == []
    async with practice.as_system() as db:
        await db.execute(text("UPDATE webhook_messages SET sending_until = now() WHERE sending_until IS NOT NULL"))
    await try_again(practice)

    assert [each["status"] for each in await messages(practice, coach, id_)] == ["DELIVERED"] * 3


async def test_an_event_that_is_heard_of_twice_is_recorded_once(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.worker.relay()
    ((payload,),) = await practice.rows(PAYLOADS.replace("send_webhook", "webhook_events"))
    await webhook_jobs.record(Context(practice.house), payload)
    await practice.work()

    assert len(await messages(practice, coach, id_)) == len(receiver.received) == 1


async def test_what_lost_its_job_is_found_and_sent(practice: Practice, coach: Person, receiver: Receiver) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    await ask_for(practice, coach, id_, 5)
    await practice.rows("DELETE FROM pgqueuer RETURNING id")
    await practice.work()
    assert receiver.received == []
    practice.clock.move(minutes=11)
    await practice.work()

    assert [each["status"] for each in await messages(practice, coach, id_)] == ["DELIVERED"] * 5
    assert len(receiver.received) == 5
