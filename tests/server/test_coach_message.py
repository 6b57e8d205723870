"""`POST /webhooks/coach-message/<hook>` over HTTP: what is signed is sent once, and what is not, not at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient, Response
from standardwebhooks import Webhook

from app.pages.coach_messages import MOST_BYTES
from app.wire.relay import global_id, parse_key
from tests.messaging import COMMUNICATIONS, REMOVE_HOOK, history, message_hook, message_template
from tests.operations import add_window, booked, nothing_written
from tests.platform.twilio_server import TwilioServer, twilio_server
from tests.practice import Person, Practice
from tests.server.serving import Served

PHONE, E164 = "+49 151 1234-5678", "+4915112345678"


@pytest.fixture
async def twilio(practice: Practice) -> AsyncIterator[TwilioServer]:
    async with twilio_server() as twilio:
        practice.house.outside.sms = sender = twilio.sender()
        yield twilio
        await sender.close()
    practice.house.outside.sms = None


@pytest.fixture
async def client(served: Served) -> AsyncIterator[AsyncClient]:
    async with served.client() as client:
        yield client


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach(display_name="Grace")


@pytest.fixture
async def member(practice: Practice, coach: Person) -> Person:
    return await practice.member(coach, first_name="Ada", phone=PHONE)


@pytest.fixture
async def hook(practice: Practice, coach: Person) -> dict[str, Any]:
    return await message_hook(practice, coach)


async def post(
    client: AsyncClient,
    hook: dict[str, Any],
    body: object,
    *,
    id_: str | None = None,
    at: datetime | None = None,
    secret: str | None = None,
    **headers: str,
) -> Response:
    """As a program does it that keeps to Standard Webhooks; a `body` of bytes is sent as it is."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    id_, at = id_ or f"msg_{uuid4().hex}", at or datetime.now(UTC)
    signature = Webhook(secret or hook["secret"]).sign(id_, at, raw.decode("utf-8", "replace"))
    signed = {"webhook-id": id_, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return await client.post(hook["hook"]["path"], content=raw, headers={**signed, **headers})


def refused(answer: Response, status: int, code: str, field: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"]


async def test_a_signed_request_sends_an_sms_through_the_coach_and_logs_it(
    practice: Practice, client: AsyncClient, twilio: TwilioServer, coach: Person, member: Person, hook: dict[str, Any]
) -> None:
    answer = await post(client, hook, {"memberId": member.id, "body": "Hi {{ member.first_name }}"})
    await practice.work()

    assert answer.status_code == 202
    assert [(each["To"], each["Body"]) for each in twilio.taken] == [(E164, "Hi Ada")]
    page = await practice.ask(COMMUNICATIONS, coach, memberId=member.id)
    (node,) = [edge["node"] for edge in page["edges"]]
    assert answer.json() == {"communicationId": node["id"]}
    assert (node["status"], node["channel"], node["coach"]["id"]) == ("SENT", "SMS", coach.id)


async def test_a_member_is_named_by_id_or_number_and_a_text_by_template(
    practice: Practice, client: AsyncClient, twilio: TwilioServer, coach: Person, member: Person, hook: dict[str, Any]
) -> None:
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T09:00:00Z")
    template = await message_template(practice, coach, body="At {{ session.time }}")
    plain = {
        "coachId": str(parse_key(coach.id, "Coach", "id")),
        "memberId": str(parse_key(member.id, "Member", "id")),
        "templateId": str(parse_key(template, "MessageTemplate", "id")),
        "sessionId": str(parse_key(session, "Session", "id")),
    }
    opaque = {"coachId": coach.id, "phone": "0049 151 12345678", "templateId": template, "sessionId": session}

    answers = [await post(client, hook, body) for body in (plain, opaque)]
    mail = await post(client, hook, {"memberId": member.id, "body": "x", "channel": "EMAIL", "subject": "y"})
    await practice.work()

    assert [answer.status_code for answer in (*answers, mail)] == [202, 202, 202]
    assert [each["Body"] for each in twilio.taken] == ["At 09:00", "At 09:00"]
    assert [status for status, _ in await history(practice, coach, member)] == ["SENT", "SENT", "SENT"]


async def test_fifty_at_once_are_one_sms_and_one_answer(
    practice: Practice, client: AsyncClient, twilio: TwilioServer, coach: Person, member: Person, hook: dict[str, Any]
) -> None:
    body, at = {"memberId": member.id, "body": "Once"}, datetime.now(UTC)

    answers = await asyncio.gather(*(post(client, hook, body, id_="msg_1", at=at) for _ in range(50)))
    await practice.work()
    later = await post(client, hook, body, id_="msg_1", at=at + timedelta(seconds=1))
    await practice.work()

    assert {answer.status_code for answer in (*answers, later)} == {202}
    assert len({answer.text for answer in (*answers, later)}) == 1
    assert [each["Body"] for each in twilio.taken] == ["Once"]
    assert await history(practice, coach, member) == [("SENT", "Once")]


async def test_another_body_under_the_same_id_is_refused_even_after_a_day(
    practice: Practice, client: AsyncClient, coach: Person, member: Person, hook: dict[str, Any]
) -> None:
    assert (await post(client, hook, {"memberId": member.id, "body": "One"}, id_="msg_1")).status_code == 202
    practice.clock.move(hours=25)

    for other in ({"memberId": member.id, "body": "Two"}, b"not even JSON"):
        refused(await post(client, hook, other, id_="msg_1"), 409, "WEBHOOK_ID_REUSED", "webhook-id")
    # Of another hook the same id is another one's.
    beside = await message_hook(practice, coach)
    assert (await post(client, beside, {"memberId": member.id, "body": "Two"}, id_="msg_1")).status_code == 202
    assert len(await history(practice, coach, member)) == 2


async def test_a_refused_request_can_be_put_right_under_its_id(
    practice: Practice, client: AsyncClient, member: Person, hook: dict[str, Any]
) -> None:
    refused(await post(client, hook, {"memberId": member.id}, id_="msg_1"), 400, "INVALID_INPUT", "body")

    assert (await post(client, hook, {"memberId": member.id, "body": "x"}, id_="msg_1")).status_code == 202


async def test_what_is_not_rightly_signed_is_answered_as_if_there_were_no_hook(
    practice: Practice, client: AsyncClient, coach: Person, member: Person, hook: dict[str, Any]
) -> None:
    body = {"memberId": member.id, "body": "x"}
    removed, gone = await message_hook(practice, coach), await message_hook(practice, coach)
    await practice.ask(REMOVE_HOOK, coach, input={"id": removed["hook"]["id"]})
    nowhere = {**hook, "hook": {"path": f"/webhooks/coach-message/{uuid4()}"}}
    no_id = {**hook, "hook": {"path": "/webhooks/coach-message/nonsense"}}
    early, late = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (-6, 6))
    inactive = await practice.coach()
    of_inactive = await message_hook(practice, inactive)
    await practice.rows("UPDATE users SET is_active = false WHERE id = :id RETURNING id", id=inactive.user.id)

    async with nothing_written(practice):
        answers = [
            await post(client, hook, body, secret=gone["secret"]),
            await post(client, hook, body, at=early),
            await post(client, hook, body, at=late),
            await post(client, hook, body, **{"webhook-timestamp": "soon"}),
            await post(client, hook, body, **{"webhook-timestamp": "nan"}),
            await post(client, hook, body, **{"webhook-id": "another"}),
            await post(client, hook, body, **{"webhook-signature": "v2,AAAA"}),
            await client.post(hook["hook"]["path"], json=body),
            await post(client, removed, body),
            await post(client, nowhere, body),
            await post(client, no_id, body),
            await post(client, of_inactive, body),
        ]

    for answer in answers:
        refused(answer, 401, "UNAUTHENTICATED")
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("is_there", [True, False], ids=["a hook", "no hook"])
async def test_what_is_malformed_is_answered_alike_whether_or_not_there_is_a_hook(
    practice: Practice, client: AsyncClient, member: Person, hook: dict[str, Any], is_there: bool
) -> None:
    asked = hook if is_there else {**hook, "hook": {"path": f"/webhooks/coach-message/{uuid4()}"}}
    body = {"memberId": member.id, "body": "x"}

    async with nothing_written(practice):
        for signature in ("v1", "v1,not base64!", "v1,a", "nonsense", "a,b,c"):
            answer = await post(client, asked, body, **{"webhook-signature": signature})
            refused(answer, 400, "INVALID_REQUEST")
        refused(await post(client, asked, b"\xff\xfe{}"), 400, "INVALID_REQUEST")
        refused(await post(client, asked, body, id_="i" * 256), 400, "INVALID_REQUEST", "webhook-id")
        refused(await post(client, asked, b" " * (MOST_BYTES + 1)), 413, "PAYLOAD_TOO_LARGE")


async def test_a_changed_body_is_not_the_one_that_was_signed(
    practice: Practice, client: AsyncClient, member: Person, hook: dict[str, Any]
) -> None:
    raw = json.dumps({"memberId": member.id, "body": "x"}).encode()
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(hook["secret"]).sign("msg_1", at, raw.decode()),
    }
    spaced = raw.replace(b": ", b":")

    refused(await client.post(hook["hook"]["path"], content=spaced, headers=headers), 401, "UNAUTHENTICATED")
    assert (await client.post(hook["hook"]["path"], content=raw, headers=headers)).status_code == 202


async def test_what_is_signed_and_wrong_is_refused_by_name(
    practice: Practice, client: AsyncClient, coach: Person, member: Person, hook: dict[str, Any]
) -> None:
    other = await practice.coach()
    of_other = await message_template(practice, other)
    twin = await practice.member(coach, phone=E164)
    voiceless = await practice.member(coach)
    good = {"memberId": member.id, "body": "x"}
    wrong: list[tuple[object, str | None]] = [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b'"x"', None),
        (b"\xef\xbb\xbf{}", None),
        ({}, "memberId"),
        ({"body": "x"}, "memberId"),
        ({**good, "phone": E164}, "memberId"),
        ({**good, "memberId": coach.id}, "memberId"),
        ({**good, "memberId": 5}, "memberId"),
        ({**good, "memberId": "x"}, "memberId"),
        ({"phone": "0151 1234", "body": "x"}, "phone"),
        ({"phone": E164, "body": "x"}, "phone"),  # two have it
        ({"phone": {}, "body": "x"}, "phone"),
        ({"memberId": member.id}, "body"),
        ({**good, "body": 5}, "body"),
        ({**good, "body": ""}, "body"),
        ({**good, "body": "x\0"}, "body"),
        ({**good, "body": "x" * 1_601}, "body"),
        ({**good, "body": "{{ nobody }}"}, "body"),
        ({**good, "templateId": of_other}, "body"),
        ({"memberId": member.id, "templateId": of_other}, "templateId"),
        ({**good, "channel": "EMAIL", "subject": "x\r\nBcc: y@example.com"}, "subject"),
        ({**good, "channel": "PIGEON"}, "channel"),
        ({**good, "channel": "PHONE"}, "channel"),
        ({**good, "memberId": voiceless.id}, "channel"),
        ({**good, "sessionId": str(uuid4())}, "sessionId"),
        ({**good, "nonsense": 1}, "nonsense"),
        ({**good, "__proto__": 1}, "__proto__"),
        ({**good, "member_id": member.id}, "member_id"),
    ]

    async with nothing_written(practice):
        for body, field in wrong:
            answer = await post(client, hook, body)
            refused(answer, 400, "INVALID_JSON" if field is None else "INVALID_INPUT", field)
    assert twin.id != member.id


async def test_a_hook_reaches_nobody_but_its_own_coachs_members(
    practice: Practice, client: AsyncClient, coach: Person, member: Person
) -> None:
    other = await practice.coach()
    hook = await message_hook(practice, other)
    nobody = global_id("Member", uuid4())

    async with nothing_written(practice):
        answers = [
            await post(client, hook, {"memberId": member.id, "body": "x"}),
            await post(client, hook, {"memberId": nobody, "body": "x"}),
            await post(client, hook, {"phone": PHONE, "body": "x"}),
            await post(client, hook, {"phone": "+4930123456", "body": "x"}),
            await post(client, hook, {"coachId": coach.id, "memberId": member.id, "body": "x"}),
        ]

    for answer in answers:
        refused(answer, 403, "FORBIDDEN")
    assert len({answer.text for answer in answers}) == 1


async def test_a_coach_who_may_not_send_has_no_hook_that_does(
    practice: Practice, client: AsyncClient, coach: Person, member: Person, hook: dict[str, Any]
) -> None:
    taken = "INSERT INTO user_permissions VALUES (:id, 'messages:send', false) RETURNING user_id"
    await practice.rows(taken, id=coach.user.id)

    refused(await post(client, hook, {"memberId": member.id, "body": "x"}), 403, "FORBIDDEN")


async def test_only_post_is_answered(client: AsyncClient, hook: dict[str, Any]) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert (await client.request(method, hook["hook"]["path"])).status_code == 405
    assert (await client.post("/webhooks/coach-message")).status_code == 404
