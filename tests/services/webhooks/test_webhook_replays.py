"""Sending again: under the same id, by the same schedule, one message or those of a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.context import Context
from app.jobs import webhooks as webhook_jobs
from app.services.webhooks.turns import StillUnderWay
from tests.practice import Person, Practice
from tests.receiving import Receiver
from tests.webhooks import REPLAY, REPLAY_ALL, SEND_TEST, UPDATE, endpoint, messages, pauses, try_again


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


async def sent(practice: Practice, who: Person, endpoint_id: str, count: int = 1) -> list[Any]:
    """Tests, a minute apart; what became of them."""
    for _ in range(count):
        await practice.ask(SEND_TEST, who, input={"id": endpoint_id})
        await practice.work()
        practice.clock.move(minutes=1)
    return await messages(practice, who, endpoint_id)


async def given_up(practice: Practice, who: Person, endpoint_id: str, count: int) -> None:
    """The endpoint is disabled and enabled meanwhile, which ends what is on its way."""
    await sent(practice, who, endpoint_id, count)
    for is_enabled in (False, True):
        await practice.ask(UPDATE, who, input={"id": endpoint_id, "isEnabled": is_enabled})
        await try_again(practice)


async def test_a_message_is_sent_again_under_its_id_and_signed_anew(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, secret = await endpoint(practice, coach, receiver.url)
    practice.clock.now = datetime.now(UTC)
    (message,) = await sent(practice, coach, id_)
    assert (await practice.ask(REPLAY, coach, input={"id": message["id"]}))["id"] == message["id"]
    await practice.work()

    first, second = receiver.received
    assert second.verified_by(secret) == first.told
    assert second.webhook_id == first.webhook_id == message["webhookId"]
    (message,) = await messages(practice, coach, id_)
    assert [attempt["number"] for attempt in message["attempts"]] == [1, 2]


async def test_the_schedule_begins_anew_and_the_try_that_was_due_is_no_more(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    receiver.status = 500
    id_, _ = await endpoint(practice, coach, receiver.url)
    (message,) = await sent(practice, coach, id_)
    for _ in range(3):
        await try_again(practice)
    assert await pauses(practice) == [7_200]

    await practice.ask(REPLAY, coach, input={"id": message["id"]})
    await practice.work()
    assert await pauses(practice) == [5, 7_200]
    assert len(receiver.received) == 5
    receiver.status = 200
    await try_again(practice)

    assert len(receiver.received) == 6
    (message,) = await messages(practice, coach, id_)
    assert (message["status"], len(message["attempts"])) == ("DELIVERED", 6)


async def test_those_of_a_time_that_were_given_up_are_sent_again(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    receiver.status = 500
    id_, _ = await endpoint(practice, coach, receiver.url)
    begun = practice.clock()
    await given_up(practice, coach, id_, 3)
    receiver.status = 200
    await sent(practice, coach, id_)
    before = len(receiver.received)
    time = {"since": (begun + timedelta(minutes=1)).isoformat(), "until": (begun + timedelta(hours=1)).isoformat()}

    assert (await practice.ask(REPLAY_ALL, coach, input={"endpointId": id_, **time}))["count"] == 2
    await practice.work()
    assert [each["status"] for each in await messages(practice, coach, id_)] == [*["DELIVERED"] * 3, "FAILED"]
    assert len(receiver.received) == before + 2
    everything = {"endpointId": id_, **time, "onlyFailed": False}
    assert (await practice.ask(REPLAY_ALL, coach, input=everything))["count"] == 3
    await practice.work()
    assert len(receiver.received) == before + 5
    assert (await practice.ask(REPLAY_ALL, coach, input={"endpointId": id_, **time}))["count"] == 0


async def test_a_replay_that_is_heard_of_twice_sends_once(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    (message,) = await sent(practice, coach, id_)
    await practice.ask(REPLAY, coach, input={"id": message["id"]})
    await practice.worker.relay()
    ((payload,),) = await practice.rows("SELECT convert_from(payload, 'UTF8')::jsonb FROM pgqueuer")
    await practice.work()
    await webhook_jobs.replay(Context(practice.house), payload)
    await practice.work()

    assert len(receiver.received) == 2


async def test_a_replay_that_is_asked_for_during_the_last_try_is_not_lost(
    practice: Practice, coach: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.webhooks.sending.SCHEDULE", (timedelta(),))
    id_, _ = await endpoint(practice, coach, receiver.url)
    await sent(practice, coach, id_)  # so that the endpoint stays enabled
    receiver.status = 500

    async def take() -> None:
        receiver.status = 200

    async def ask() -> None:
        receiver.before = take
        (message, _) = await messages(practice, coach, id_)
        await practice.ask(REPLAY, coach, input={"id": message["id"]})
        await practice.worker.relay()
        ((payload,),) = await practice.rows(
            "SELECT convert_from(payload, 'UTF8')::jsonb FROM pgqueuer WHERE entrypoint = 'webhook_replay'"
        )
        with pytest.raises(StillUnderWay):
            await webhook_jobs.replay(Context(practice.house), payload)

    receiver.before = ask
    practice.clock.move(minutes=-5)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()

    assert [len(each["attempts"]) for each in await messages(practice, coach, id_)] == [2, 1]
    assert [each["status"] for each in await messages(practice, coach, id_)] == ["DELIVERED"] * 2


async def test_more_than_can_be_sent_again_at_once_are_refused(
    practice: Practice, coach: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.webhooks.replaying.MOST_REPLAYED", 2)
    receiver.status = 500
    id_, _ = await endpoint(practice, coach, receiver.url)
    since = practice.clock()
    await given_up(practice, coach, id_, 3)
    time = {"since": since.isoformat(), "until": practice.clock().isoformat()}
    refused = await practice.ask(REPLAY_ALL, coach, input={"endpointId": id_, **time})

    assert (refused["code"], refused["most"]) == ("TOO_MUCH_TO_REPLAY", 2)
    assert await practice.count("outbox") == 0


async def test_nothing_is_sent_again_to_a_disabled_endpoint(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    (message,) = await sent(practice, coach, id_)
    await practice.ask(UPDATE, coach, input={"id": id_, "isEnabled": False})
    time = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-03T00:00:00Z"}

    for mutation, given in ((REPLAY, {"id": message["id"]}), (REPLAY_ALL, {"endpointId": id_, **time})):
        assert (await practice.ask(mutation, coach, input=given))["code"] == "WEBHOOK_ENDPOINT_IS_DISABLED"
    assert await practice.count("outbox") == 0


async def test_a_coach_replays_nothing_of_another(practice: Practice, coach: Person, receiver: Receiver) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    (message,) = await sent(practice, coach, id_)
    other = await practice.coach()
    time = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-03T00:00:00Z"}

    for mutation, given in ((REPLAY, {"id": message["id"]}), (REPLAY_ALL, {"endpointId": id_, **time})):
        assert (await practice.refusal(mutation, other, input=given))["code"] == "FORBIDDEN"
    assert await practice.count("outbox") == 0
