"""What an endpoint is sent, and what is done when it does not take it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from standardwebhooks import WebhookVerificationError

from app.services.webhooks import SCHEDULE
from tests.operations import ASSIGN, CANCEL, add_window, booked
from tests.practice import Person, Practice
from tests.receiving import Receiver, receiving
from tests.webhooks import ENDPOINTS, ROTATE, SEND_TEST, UPDATE, endpoint, messages, pauses, try_again, work_now

pytestmark = pytest.mark.usefixtures("loopback")

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
CANARY = "Kanarienvogel"


@pytest.fixture
async def coach(practice: Practice) -> Person:
    coach = await practice.coach(display_name=CANARY)
    await add_window(practice, coach, seats=9)
    return coach


@pytest.fixture
async def member(practice: Practice, coach: Person) -> Person:
    return await practice.member(coach, first_name=CANARY, last_name=CANARY)


async def test_a_booking_arrives_signed_with_ids_of_the_api_and_no_names(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    _, secret = await endpoint(practice, coach, receiver.url, eventTypes=["session.booked"])
    session = await booked(practice, member, coach, NINE, note=CANARY)

    await work_now(practice)

    (received,) = receiver.received
    assert received.verified_by(secret) == {
        "type": "session.booked",
        "timestamp": received.told["timestamp"],
        "data": {"sessionId": session, "coachId": coach.id, "memberId": member.id, "startsAt": NINE},
    }
    assert datetime.fromisoformat(received.told["timestamp"]).tzinfo is not None
    assert received.headers["content-type"] == "application/json"
    assert CANARY.encode() not in received.body
    with pytest.raises(WebhookVerificationError):
        received.verified_by("whsec_" + "A" * 44)


async def test_every_attempt_is_there_to_see(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    receiver.status, receiver.body = 500, b"oh\x00 \xff" + b"o" * 5_000
    await booked(practice, member, coach, NINE)
    await practice.work()
    receiver.status, receiver.body = 204, b""
    await try_again(practice)

    (message,) = await messages(practice, coach, id_)
    first, second = message["attempts"]
    assert (message["status"], message["eventType"], message["dueAt"]) == ("DELIVERED", "session.booked", None)
    assert orjson.loads(message["payload"]) == receiver.told[0]
    assert (first["number"], first["statusCode"], first["failure"]) == (1, 500, None)
    assert first["answer"] == "oh\ufffd \ufffd" + "o" * 2_043
    assert (second["number"], second["statusCode"], second["answer"]) == (2, 204, "")
    assert {each.webhook_id for each in receiver.received} == {message["webhookId"]}


async def disabled(practice: Practice) -> list[tuple[Any, str]]:
    """Who was told that an endpoint was given up, and why."""
    return [
        tuple(row)
        for row in await practice.rows(
            "SELECT user_id, facts ->> 'reason' FROM notifications WHERE kind = 'WEBHOOK_DISABLED' ORDER BY user_id"
        )
    ]


async def test_the_schedule_is_kept_and_then_the_endpoint_is_given_up(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    receiver.status = 503
    await booked(practice, member, coach, NINE)
    await practice.work()
    await booked(practice, await practice.member(coach), coach, TEN)

    for pause in SCHEDULE[1:]:
        assert max(await pauses(practice)) == pause.total_seconds()
        await try_again(practice)

    first, second = reversed(await messages(practice, coach, id_))
    assert [attempt["number"] for attempt in first["attempts"]] == list(range(1, 9))
    assert (first["status"], first["reason"]) == ("FAILED", "it was tried 8 times")
    assert (second["status"], second["reason"]) == ("FAILED", "the endpoint was disabled")
    (shown,) = await endpoints(practice, coach)
    assert (shown["isEnabled"], shown["disabledReason"]) == (False, "nothing got through for as long as we try")
    assert await disabled(practice) == [(coach.user.id, "nothing got through for as long as we try")]
    await try_again(practice)
    assert len(receiver.received) == 8 + 6
    assert await practice.count("pgqueuer", "entrypoint LIKE '%webhook%'") == 0


async def test_an_endpoint_that_took_something_meanwhile_stays_enabled(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    receiver.status = 503
    await booked(practice, member, coach, NINE)
    await practice.work()
    for _ in SCHEDULE[2:]:
        await try_again(practice)
    receiver.status = 200
    await booked(practice, await practice.member(coach), coach, TEN)
    await practice.work()
    receiver.status = 503
    await try_again(practice)

    assert [each["status"] for each in await messages(practice, coach, id_)] == ["DELIVERED", "FAILED"]
    assert (await endpoints(practice, coach))[0]["isEnabled"]


async def test_an_endpoint_that_says_it_is_gone_is_asked_no_more(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    receiver.status = 410
    await booked(practice, member, coach, NINE)
    await practice.work()
    await booked(practice, await practice.member(coach), coach, TEN)
    await practice.work()

    assert len(receiver.received) == 1
    (message,) = await messages(practice, coach, id_)
    assert (message["status"], message["reason"]) == ("FAILED", "the endpoint says that it is gone")
    assert await disabled(practice) == [(coach.user.id, "it answered 410: gone")]


async def test_of_the_practices_endpoints_admins_are_told(practice: Practice, receiver: Receiver) -> None:
    first, second = await practice.admin(), await practice.admin()
    receiver.status = 410
    id_, _ = await endpoint(practice, first, receiver.url)
    await practice.ask(SEND_TEST, first, input={"id": id_})
    await practice.work()

    told = [user for user, _ in await disabled(practice)]
    assert told == sorted([first.user.id, second.user.id])


async def test_a_redirect_is_a_failure_and_not_followed(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    async with receiving(status=307, headers={"location": receiver.url}) as elsewhere:
        id_, _ = await endpoint(practice, coach, elsewhere.url)
        await booked(practice, member, coach, NINE)
        await practice.work()

        assert len(elsewhere.received) == 1
    assert receiver.received == []
    ((attempt,),) = [each["attempts"] for each in await messages(practice, coach, id_)]
    assert (attempt["statusCode"], attempt["failure"]) == (307, "the answer leads elsewhere, where nothing is sent")


async def test_an_endpoint_that_hangs_is_left_and_tried_again(
    practice: Practice, coach: Person, member: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.webhooks.sending.SECONDS", 0.1)
    receiver.before = asyncio.Event().wait
    id_, _ = await endpoint(practice, coach, receiver.url)
    await booked(practice, member, coach, NINE)
    await practice.work()

    ((attempt,),) = [each["attempts"] for each in await messages(practice, coach, id_)]
    assert (attempt["statusCode"], attempt["failure"]) == (None, "no answer within 0.1 seconds")
    assert await pauses(practice) == [5]


async def test_of_an_endless_answer_no_more_is_read_than_is_kept(
    practice: Practice, coach: Person, member: Person
) -> None:
    async with receiving(endless=True) as endless:
        id_, _ = await endpoint(practice, coach, endless.url)
        await booked(practice, member, coach, NINE)
        await practice.work()

    ((attempt,),) = [each["attempts"] for each in await messages(practice, coach, id_)]
    assert attempt["answer"] == "x" * 2_048


async def test_both_secrets_sign_for_a_day_after_a_rotation(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    id_, old = await endpoint(practice, coach, receiver.url)
    practice.clock.now = datetime.now(UTC)
    rotated = await practice.ask(ROTATE, coach, input={"id": id_})
    new = rotated["secret"]
    assert datetime.fromisoformat(rotated["endpoint"]["previousSecretUntil"]) == practice.clock() + timedelta(hours=24)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()
    practice.clock.move(hours=-24)
    revoked = await practice.ask(ROTATE, coach, input={"id": id_})
    practice.clock.move(hours=24)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()

    first, second = receiver.received
    assert first.verified_by(old) == first.verified_by(new)
    assert first.headers["webhook-signature"].count(" ") == 1
    second.verified_by(revoked["secret"])
    assert second.headers["webhook-signature"].count(" ") == 0
    with pytest.raises(WebhookVerificationError):
        second.verified_by(new)


async def test_a_secret_that_somebody_has_come_by_is_of_no_use_at_once(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, old = await endpoint(practice, coach, receiver.url)
    rotated = await practice.ask(ROTATE, coach, input={"id": id_, "keepPrevious": False})
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await work_now(practice)

    (received,) = receiver.received
    received.verified_by(rotated["secret"])
    with pytest.raises(WebhookVerificationError):
        received.verified_by(old)


async def test_a_secret_that_cannot_be_read_is_an_attempt_that_failed(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    async with practice.as_system() as db:
        await db.execute(text("UPDATE webhook_endpoints SET sealed_secret = sealed_secret || '\\x00'"))
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()

    ((attempt,),) = [each["attempts"] for each in await messages(practice, coach, id_)]
    assert attempt["failure"] == "its secret cannot be read here: rotate it"
    rotated = await practice.ask(ROTATE, coach, input={"id": id_})
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await work_now(practice)
    receiver.received[0].verified_by(rotated["secret"])


async def test_a_coach_hears_of_their_own_and_the_practice_of_everything(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    other, admin = await practice.coach(), await practice.admin()
    await add_window(practice, other)
    async with receiving() as of_other, receiving() as of_practice:
        await endpoint(practice, coach, receiver.url)
        await endpoint(practice, other, of_other.url)
        await endpoint(practice, admin, of_practice.url)
        await booked(practice, member, coach, NINE)
        theirs = await booked(practice, await practice.member(other), other, NINE)
        await practice.work()

        assert [told["data"]["coachId"] for told in receiver.told] == [coach.id]
        assert [told["data"]["sessionId"] for told in of_other.told] == [theirs]
        assert sorted(told["data"]["coachId"] for told in of_practice.told) == sorted([coach.id, other.id])
        assert {each.webhook_id for each in of_practice.received} == {
            each.webhook_id for each in (*receiver.received, *of_other.received)
        }

        await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": other.id})
        await practice.work()
        moved = {"memberId": member.id, "coachId": other.id, "previousCoachId": coach.id}
        for each in (receiver, of_other, of_practice):
            assert (each.told[-1]["type"], each.told[-1]["data"]) == ("member.assigned", moved)


async def test_only_chosen_events_are_sent_and_none_to_a_disabled_endpoint(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url, eventTypes=["session.cancelled"])
    session = await booked(practice, member, coach, NINE)
    await practice.work()
    assert receiver.told == []
    await practice.ask(CANCEL, member, input={"sessionId": session})
    await practice.work()
    assert [told["type"] for told in receiver.told] == ["session.cancelled"]

    off = await practice.ask(UPDATE, coach, input={"id": id_, "isEnabled": False, "eventTypes": None})
    assert (off["eventTypes"], off["isEnabled"], off["disabledReason"]) == (None, False, None)
    await booked(practice, member, coach, TEN)
    await practice.work()
    assert (await practice.ask(SEND_TEST, coach, input={"id": id_}))["code"] == "WEBHOOK_ENDPOINT_IS_DISABLED"
    assert (await practice.ask(UPDATE, coach, input={"id": id_, "isEnabled": True}))["disabledAt"] is None
    await booked(practice, member, coach, ELEVEN)
    await practice.work()
    assert [told["type"] for told in receiver.told] == ["session.cancelled", "session.booked"]


async def test_what_was_on_its_way_is_given_up_when_somebody_disables_the_endpoint(
    practice: Practice, coach: Person, member: Person, receiver: Receiver
) -> None:
    receiver.status = 500
    id_, _ = await endpoint(practice, coach, receiver.url)
    await booked(practice, member, coach, NINE)
    await practice.work()
    await practice.ask(UPDATE, coach, input={"id": id_, "isEnabled": False})
    await try_again(practice)

    (message,) = await messages(practice, coach, id_)
    assert (message["status"], message["reason"]) == ("FAILED", "the endpoint is disabled")
    assert len(receiver.received) == 1


async def test_a_test_is_sent_whatever_is_chosen(practice: Practice, coach: Person, receiver: Receiver) -> None:
    id_, secret = await endpoint(practice, coach, receiver.url, eventTypes=["session.booked"])
    assert (await practice.ask(SEND_TEST, coach, input={"id": id_}))["id"] == id_
    await work_now(practice)

    (received,) = receiver.received
    assert received.verified_by(secret)["type"] == "test.sent"
    assert received.told["data"] == {"endpointId": id_, "coachId": coach.id}


async def test_messages_are_kept_for_30_days(practice: Practice, coach: Person, receiver: Receiver) -> None:
    id_, _ = await endpoint(practice, coach, receiver.url)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()
    practice.clock.move(days=30)
    await practice.work()
    assert len(await messages(practice, coach, id_)) == 1
    practice.clock.move(seconds=1)
    await practice.work()
    assert await messages(practice, coach, id_) == []
    assert await practice.count("webhook_attempts") == 0


async def endpoints(practice: Practice, who: Person) -> list[dict[str, object]]:
    return [edge["node"] for edge in (await practice.ask(ENDPOINTS, who))["edges"]]
