"""Communications: what a coach sends and logs, who sees it, and that nothing of it is in plain text in the database."""

import asyncio
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import text

from app.platform.mail import Mail
from app.services import privacy
from app.services.messaging import BUILT_IN
from app.wire.relay import global_id
from tests.messaging import COMMUNICATIONS, LOG, SEND, history, logged, sent
from tests.operations import transferred
from tests.platform.twilio_server import NOBODYS, TwilioServer
from tests.practice import Person, Practice

CANARY = "Kanarienvogel"
E164 = "+4915112345678"
NODE = "query ($id: ID!) { node(id: $id) { ... on Communication { body } } }"


async def stands(practice: Practice) -> list[tuple[str, int, str | None]]:
    rows = await practice.rows("SELECT status, attempts, reason FROM communications ORDER BY id")
    return [tuple(row) for row in rows]


async def tried_again(practice: Practice) -> None:
    """The pauses are the database's own."""
    await practice.rows("UPDATE pgqueuer SET execute_after = now() RETURNING id")
    await practice.work()


# Sending


async def test_an_sms_goes_to_the_members_number_once(
    practice: Practice, twilio: TwilioServer, coach: Person, member: Person
) -> None:
    answer = await sent(practice, coach, member, "Hi {{ member.first_name }}, it is {{ coach.name }}")
    await practice.work()
    await practice.work()

    assert (answer["status"], answer["body"], answer["attempts"]) == ("QUEUED", "Hi Ada, it is Grace", 0)
    assert [(each["To"], each["Body"]) for each in twilio.taken] == [(E164, "Hi Ada, it is Grace")]
    assert await stands(practice) == [("SENT", 1, None)]
    assert await practice.rows("SELECT provider_id, sent_at FROM communications") == [(f"SM{1:032}", practice.clock())]


async def test_a_mail_has_the_subject_of_its_template_in_one_line(practice: Practice, coach: Person) -> None:
    member = await practice.member(coach, first_name="Ada\nBcc: all@example.com")
    template = global_id("MessageTemplate", BUILT_IN[2].id)
    given = {"memberId": member.id, "channel": "EMAIL", "templateId": template}
    subject = "For {{ member.first_name }}"

    answers = [await practice.ask(SEND, coach, input={**given, **more}) for more in ({}, {"subject": subject})]
    await sent(practice, coach, member, "a < b\n\nSecond", channel="EMAIL")
    await practice.work()

    assert [each["subject"] for each in answers] == ["How are you?", "For Ada Bcc: all@example.com"]
    folder = practice.application.settings.data_dir / "mail"
    keys = [f"message-{key}" for (key,) in await practice.rows("SELECT id FROM communications ORDER BY id")]
    mails = [message_from_bytes((folder / f"{key}.eml").read_bytes(), policy=default) for key in keys]
    assert [mail["Subject"] for mail in mails] == [
        "How are you?",
        "For Ada Bcc: all@example.com",
        "A message from Grace",
    ]
    assert {mail["To"] for mail in mails} == {member.user.email}
    assert all(mail["Bcc"] is None for mail in mails)
    plain, html = (mails[2].get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert plain.get_content().splitlines() == ["a < b", "", "Second"]
    assert html is not None
    assert html.get_content().strip() == "<p>a &lt; b</p><p>Second</p>"


async def test_what_fails_is_tried_five_times_and_then_visible(
    practice: Practice, twilio: TwilioServer, coach: Person, member: Person
) -> None:
    twilio.answers = [500, 429, 503, 500, 500]
    await sent(practice, coach, member)
    await practice.work()
    assert await stands(practice) == [("QUEUED", 1, "Twilio answered 500 with the error 20500")]
    assert await practice.rows("SELECT execute_after > now() + interval '4 seconds' FROM pgqueuer") == [(True,)]

    for _ in range(6):
        await tried_again(practice)

    assert (await history(practice, coach, member)) == [("FAILED", "Words")]
    assert await stands(practice) == [("FAILED", 5, "Twilio answered 500 with the error 20500")]
    assert (twilio.asked, twilio.taken) == (5, [])
    assert await practice.count("pgqueuer") == 0


async def test_what_passes_is_sent_at_the_next_try(
    practice: Practice, twilio: TwilioServer, coach: Person, member: Person
) -> None:
    twilio.answers = [500]
    await sent(practice, coach, member)
    await practice.work()
    await tried_again(practice)

    assert await stands(practice) == [("SENT", 2, None)]
    assert len(twilio.taken) == 1


async def test_what_is_final_is_tried_once(practice: Practice, twilio: TwilioServer, coach: Person) -> None:
    member = await practice.member(coach, phone=NOBODYS)
    await sent(practice, coach, member)
    await practice.work()

    assert await stands(practice) == [("FAILED", 1, "Twilio answered 400 with the error 21211")]


async def test_without_a_provider_an_sms_fails_and_says_so(practice: Practice, coach: Person, member: Person) -> None:
    await sent(practice, coach, member)
    await practice.work()

    assert await stands(practice) == [("FAILED", 1, "No provider of SMS is configured")]


async def test_a_number_that_is_gone_by_then_fails(
    practice: Practice, twilio: TwilioServer, coach: Person, member: Person
) -> None:
    await sent(practice, coach, member)
    await practice.rows("UPDATE members SET phone = NULL RETURNING id")
    await practice.work()

    ((status, attempts, reason),) = await stands(practice)
    assert (status, attempts, twilio.asked) == ("FAILED", 0, 0)
    assert reason is not None
    assert "telephone number" in reason


class FaultyMailer:
    async def send(self, mail: Mail) -> None:
        raise RuntimeError(f"a fault of ours about {mail.text}")

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_fault_of_ours_is_tried_again_and_given_up_like_any_other(
    practice: Practice, coach: Person, member: Person
) -> None:
    practice.house.outside.mailer = FaultyMailer()
    await sent(practice, coach, member, channel="EMAIL")
    for _ in range(6):
        await practice.work()
        await practice.rows("UPDATE pgqueuer SET execute_after = now() RETURNING id")

    assert await stands(practice) == [("FAILED", 5, "It could not be sent, for a reason of ours")]
    assert await practice.rows("SELECT status::text FROM pgqueuer") == [("failed",)], "and parked for the operator"


async def test_what_breaks_before_there_is_anything_to_send_fails_too(
    practice: Practice, coach: Person, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("app.services.messaging.sending.communications_read", broken)
    await sent(practice, coach, member, channel="EMAIL")
    for _ in range(5):
        assert [status for status, *_ in await stands(practice)] == ["QUEUED"]
        await tried_again(practice)

    assert await stands(practice) == [("FAILED", 5, "It could not be sent, for a reason of ours")]


async def test_a_member_who_is_switched_off_is_sent_nothing(practice: Practice, coach: Person, member: Person) -> None:
    await sent(practice, coach, member, channel="EMAIL")
    await practice.rows("UPDATE users SET is_active = false WHERE id = :id RETURNING id", id=member.user.id)
    await practice.work()

    assert await stands(practice) == [("FAILED", 0, "This account is switched off")]


async def test_what_cannot_be_read_any_more_is_not_sent(practice: Practice, coach: Person, member: Person) -> None:
    await sent(practice, coach, member, channel="EMAIL")
    await sent(practice, coach, member, channel="EMAIL")
    async with practice.owner.begin() as owner:
        await owner.execute(text("SELECT set_config('app.system', 'on', true)"))
        await owner.execute(text("ALTER TABLE communications DISABLE TRIGGER communications_stay"))
        await owner.execute(text("UPDATE communications SET content = (SELECT max(content) FROM communications)"))
        await owner.execute(text("ALTER TABLE communications ENABLE TRIGGER communications_stay"))
    said = [each async for each in privacy.check_keys(practice.as_system, practice.house.keys)]
    await practice.work()

    assert sorted(status for status, _, _ in await stands(practice)) == ["FAILED", "SENT"]
    assert len(said) == 1
    assert said[0].startswith("communications ")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": "PHONE"}, "channel"),
        ({"channel": "IN_PERSON"}, "channel"),
        ({"body": "x" * 1_601}, "body"),
        ({"body": "{{ coach.name }}" * 100}, "body"),
        ({"body": "{{ nobody }}"}, "body"),
        ({"body": None}, "body"),
        ({"subject": "two\nlines"}, "subject"),
        ({"templateId": global_id("MessageTemplate", BUILT_IN[0].id)}, "body"),
        ({"body": None, "templateId": global_id("MessageTemplate", BUILT_IN[0].id)}, "sessionId"),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    practice: Practice, member: Person, changes: dict[str, Any], field: str
) -> None:
    admin = await practice.admin()
    await practice.rows("UPDATE coaches SET display_name = :name RETURNING id", name="A name of twenty l.")
    given = {"memberId": member.id, "channel": "SMS", "body": "Words"}

    answer = await practice.ask(SEND, admin, input={**given, **changes})

    assert answer.get("field") == field, answer
    assert await practice.count("communications") == 0


@pytest.mark.parametrize("phone", [None, "0151 1234567", "call me"])
async def test_an_sms_needs_a_number_with_the_countrys_code(
    practice: Practice, coach: Person, phone: str | None
) -> None:
    member = await practice.member(coach, phone=phone)

    assert (await sent(practice, coach, member))["field"] == "channel"


async def test_a_retry_sends_nothing_more_and_another_message_is_refused(
    practice: Practice, twilio: TwilioServer, coach: Person, member: Person
) -> None:
    answers = await asyncio.gather(*(sent(practice, coach, member, idempotencyKey="k") for _ in range(10)))
    other = await sent(practice, coach, member, "Other", idempotencyKey="k")
    beside = await sent(practice, coach, await practice.member(coach, phone=E164), idempotencyKey="k")
    await practice.work()

    assert len({answer["id"] for answer in answers}) == 1
    assert (other["code"], beside["code"]) == ("IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_KEY_REUSED")
    assert len(twilio.taken) == 1


# Logging


async def test_what_was_said_elsewhere_is_logged_and_nothing_sent(
    practice: Practice, coach: Person, member: Person
) -> None:
    at = "2026-03-01T18:30:00Z"
    call = await logged(practice, coach, member, "They called", occurredAt=at, idempotencyKey="k")
    again = await logged(practice, coach, member, "They called", occurredAt=at, idempotencyKey="k")
    for channel in ("SMS", "EMAIL", "IN_PERSON"):
        await logged(practice, coach, member, channel=channel, direction="OUT")

    assert (call["status"], call["direction"], call["occurredAt"]) == ("LOGGED", "IN", "2026-03-01T18:30:00Z")
    assert again["id"] == call["id"]
    assert await practice.count("communications") == 4
    assert await practice.told() == []
    late = {"memberId": member.id, "channel": "PHONE", "direction": "IN", "body": "x"}
    answer = await practice.ask(LOG, coach, input={**late, "occurredAt": "2026-03-02T09:00:00Z"})
    assert answer["field"] == "occurredAt"


# Reading


async def test_the_history_is_told_page_by_page_the_newest_first(
    practice: Practice, coach: Person, member: Person
) -> None:
    for day in (3, 1, 2):
        await logged(practice, coach, member, f"Day {day}", occurredAt=f"2026-02-0{day}T10:00:00Z")
    await sent(practice, coach, member, "Now")

    first = await practice.ask(COMMUNICATIONS, coach, memberId=member.id, first=3)
    end = first["pageInfo"]["endCursor"]
    rest = await practice.ask(COMMUNICATIONS, coach, memberId=member.id, first=3, after=end)

    assert [edge["node"]["body"] for edge in first["edges"]] == ["Now", "Day 3", "Day 2"]
    assert [edge["node"]["body"] for edge in rest["edges"]] == ["Day 1"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert await history(practice, coach, member, channel="SMS") == [("QUEUED", "Now")]


async def test_a_member_sees_what_was_sent_and_not_what_was_noted(
    practice: Practice, twilio: TwilioServer, coach: Person, member: Person
) -> None:
    await logged(practice, coach, member, "A note of a call")
    await sent(practice, coach, member, "Sent")
    await practice.work()
    await sent(practice, coach, member, "On its way")

    assert await history(practice, member, member) == [("SENT", "Sent")]


async def test_after_a_transfer_the_new_coach_sees_all_and_the_old_one_their_own(
    practice: Practice, coach: Person, member: Person
) -> None:
    old = (await logged(practice, coach, member, "Old"))["id"]
    other = await practice.coach()
    for query, given in ((COMMUNICATIONS, {"memberId": member.id}), (NODE, {"id": old})):
        assert (await practice.refusal(query, other, **given))["code"] == "FORBIDDEN"

    await transferred(practice, member, other)
    await logged(practice, other, member, "New")

    assert await history(practice, other, member) == [("LOGGED", "New"), ("LOGGED", "Old")]
    assert await history(practice, coach, member) == [("LOGGED", "Old")]
    assert (await practice.ask(NODE, other, id=old))["body"] == "Old"
    for operation, more in ((SEND, {"channel": "EMAIL"}), (LOG, {"channel": "PHONE", "direction": "IN"})):
        given = {"memberId": member.id, "body": "x", **more}
        assert (await practice.refusal(operation, coach, input=given))["code"] == "FORBIDDEN"


async def test_nobody_else_sees_or_sends(practice: Practice, coach: Person, member: Person) -> None:
    id_ = (await sent(practice, coach, member, CANARY, channel="EMAIL"))["id"]
    await practice.work()
    beside = await practice.member(coach)
    for who in (beside, await practice.coach()):
        assert (await practice.refusal(COMMUNICATIONS, who, memberId=member.id))["code"] == "FORBIDDEN"
        assert (await practice.refusal(NODE, who, id=id_))["code"] == "FORBIDDEN"
    given = {"memberId": member.id, "channel": "EMAIL", "body": "x"}
    assert (await practice.refusal(SEND, member, input=given))["code"] == "FORBIDDEN"
    # Even with the permission a member neither writes to themselves nor logs.
    granted = replace(member, actor=replace(member.actor, permissions=member.actor.permissions | {"messages:send"}))
    for operation, more in ((SEND, {}), (LOG, {"channel": "PHONE", "direction": "IN"})):
        assert (await practice.refusal(operation, granted, input={**given, **more}))["code"] == "FORBIDDEN"


async def test_an_admin_sends_in_the_name_of_the_members_coach_if_there_is_one(
    practice: Practice, coach: Person, member: Person
) -> None:
    admin = await practice.admin()
    answer = await sent(practice, admin, member, "{{ coach.name }}", channel="EMAIL")
    alone = await sent(practice, admin, await practice.member(), channel="EMAIL")

    assert (answer["body"], answer["coach"]["id"]) == ("Grace", coach.id)
    assert alone["field"] == "memberId"
