"""Templates of messages: what they may leave open, whose they are, how many, and what a member would read."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.services.messaging import BUILT_IN, PLACEHOLDERS
from app.wire.relay import global_id
from tests.messaging import ADD_TEMPLATE, PREVIEW, REMOVE_TEMPLATE, TEMPLATES, UPDATE_TEMPLATE, message_template
from tests.operations import add_window, booked
from tests.practice import Person, Practice

KINDS = ("REMINDER", "CHECK_IN", "CRISIS", "MOTIVATION")


async def previewed(practice: Practice, who: Person, member: Person, body: str, **more: Any) -> str:
    return str((await practice.ask(PREVIEW, who, memberId=member.id, body=body, **more))["body"])


async def test_every_coach_begins_with_two_of_each_kind_that_are_good_as_they_are(practice: Practice) -> None:
    coach = await practice.coach(display_name="Grace")
    member = await practice.member(coach, first_name="Ada")
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T09:00:00Z")

    listed = await practice.ask(TEMPLATES, coach)
    read = [
        await practice.ask(PREVIEW, coach, memberId=member.id, templateId=each["id"], sessionId=session)
        for each in listed
    ]

    for kind in KINDS:
        assert len([each for each in listed if each["kind"] == kind and each["isBuiltIn"]]) == 2
    for preview in read:
        assert "Ada" in preview["body"]
        assert "Grace" in preview["body"]
        assert "{" not in preview["subject"] + preview["body"]
        assert preview["smsParts"] <= 2
    crises = [each["body"] for each in listed if each["kind"] == "CRISIS"]
    assert all("local emergency number" in body and not any(map(str.isdigit, body)) for body in crises)


async def test_a_coach_adds_changes_and_removes_their_own(practice: Practice) -> None:
    coach = await practice.coach()
    template = await message_template(practice, coach, "B")
    await message_template(practice, coach, "A")

    given = {"id": template, "kind": "CRISIS", "name": "C", "subject": "S {{coach.name}}", "body": "Other"}
    changed = await practice.ask(UPDATE_TEMPLATE, coach, input=given)
    own = [each for each in await practice.ask(TEMPLATES, coach) if not each["isBuiltIn"]]
    of_kind = await practice.ask(TEMPLATES, coach, kind="CRISIS")
    await practice.ask(REMOVE_TEMPLATE, coach, input={"id": template})

    assert changed == {"__typename": "MessageTemplate", "isBuiltIn": False, **given}
    assert [each["name"] for each in own] == ["A", "C"]
    assert [each["name"] for each in of_kind] == ["Help is there now", "Let us speak", "C"]
    assert await practice.count("message_templates") == 1


async def test_nobody_changes_what_is_built_in_or_anothers(practice: Practice) -> None:
    one, other = await practice.coach(), await practice.coach()
    foreign = await message_template(practice, other)
    built_in = global_id("MessageTemplate", BUILT_IN[0].id)

    for each in (foreign, built_in):
        for operation in (UPDATE_TEMPLATE, REMOVE_TEMPLATE):
            assert (await practice.refusal(operation, one, input={"id": each}))["code"] == "FORBIDDEN"
    assert (await practice.refusal(TEMPLATES, one, coachId=other.id))["code"] == "FORBIDDEN"
    admin = await practice.admin()
    assert (await practice.ask(UPDATE_TEMPLATE, admin, input={"id": foreign, "name": "New"}))["name"] == "New"
    assert (await practice.refusal(REMOVE_TEMPLATE, admin, input={"id": built_in}))["code"] == "FORBIDDEN"


HOSTILE = [
    "{{ member.phone }}",
    "{{ member.first_name.__class__ }}",
    "{{ member.__class__.__mro__ }}",
    "{{ 7 * 7 }}",
    "{{ coach.name | upper }}",
    "{{ member.first_name() }}",
    "{{ self }}",
    "{{}}",
    "{{ }}",
    "{{ Member.first_name }}",
    "{{ member.first_name",
    "member.first_name }}",
    "{{ {{ member.first_name }} }}",
    "{{ member.first_name }",
    "{{ member.first_name\u200b }}",
    "{{ " + "x" * 4_900 + " }}",
    "{{" * 2_500,
]


async def test_what_is_no_placeholder_is_refused_and_not_stored(practice: Practice) -> None:
    coach = await practice.coach()
    for body in HOSTILE:
        for field, longest in (("body", 5_000), ("subject", 200)):
            given = {"kind": "OTHER", "name": "N", "body": "Words", field: body[:longest]}
            answer = await practice.ask(ADD_TEMPLATE, coach, input=given)

            assert (answer.get("code"), answer.get("field")) == ("INVALID_INPUT", field), body
            assert len(answer["message"]) < 400
    assert await practice.count("message_templates") == 0


async def test_a_single_brace_and_other_languages_of_templates_are_text(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    body = "{a} }{ {% for x in y %} {# note #} ${x} %(name)s <b>&amp;"

    assert await previewed(practice, coach, member, body) == body


async def test_what_is_put_in_is_not_read_again(practice: Practice) -> None:
    coach = await practice.coach(display_name="{{ member.last_name }}", practice_name=None)
    member = await practice.member(coach, first_name="{{ coach.name }}", last_name="}}")

    read = await previewed(practice, coach, member, "{{member.first_name}}|{{ coach.name }}|{{  practice.name  }}")

    assert read == "{{ coach.name }}|{{ member.last_name }}|{{ member.last_name }}"


async def test_times_are_the_members(practice: Practice) -> None:
    coach = await practice.coach(display_name="Grace", practice_name="North", time_zone="America/New_York")
    member = await practice.member(coach, first_name="Ada", last_name="Byron")
    await practice.rows("UPDATE users SET time_zone = 'Asia/Tokyo' WHERE id = :id RETURNING id", id=member.user.id)
    await add_window(practice, coach, "MONDAY", "09:00", "12:00")
    session = await booked(practice, member, coach, "2026-03-02T15:00:00Z")
    every = "|".join(f"{{{{ {name} }}}}" for name in PLACEHOLDERS)

    read = await previewed(practice, coach, member, every, sessionId=session)

    assert read.split("|") == [
        *("Ada", "Byron", "Ada Byron", "Grace", "North"),
        *("Tuesday, 3 March 2026", "00:00", "Tuesday, 3 March 2026 at 00:00 (Asia/Tokyo)"),
    ]


async def test_a_session_that_is_told_of_must_be_given_and_the_members(practice: Practice) -> None:
    coach = await practice.coach()
    member, beside = await practice.members(2, coach)
    await add_window(practice, coach)
    foreign = await booked(practice, beside, coach, "2026-03-02T09:00:00Z")

    for more in ({}, {"sessionId": foreign}):
        refused = await practice.refusal(PREVIEW, coach, memberId=member.id, body="{{ session.time }}", **more)
        assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", "sessionId")


async def test_only_the_members_coach_and_admins_see_what_a_member_would_read(practice: Practice) -> None:
    one, other = await practice.coach(), await practice.coach()
    member = await practice.member(one, first_name="Ada")
    template = await message_template(practice, other)
    admin = await practice.admin()

    assert await previewed(practice, admin, member, "{{ member.first_name }}") == "Ada"
    for who in (other, member, await practice.member(one)):
        assert (await practice.refusal(PREVIEW, who, memberId=member.id, body="x"))["code"] == "FORBIDDEN"
    for who in (one, admin):  # a template of another coach is nobody's to send by
        refused = await practice.refusal(PREVIEW, who, memberId=member.id, templateId=template)
        assert refused["field"] == "templateId"
    for neither_or_both in ({}, {"body": "x", "templateId": template}):
        assert (await practice.refusal(PREVIEW, one, memberId=member.id, **neither_or_both))["field"] == "body"


async def _filled(practice: Practice, coach: Person, count: int) -> None:
    assert coach.coach is not None
    await practice.rows(
        "INSERT INTO message_templates (id, coach_id, kind, name, body)"
        " SELECT gen_random_uuid(), :coach, 'OTHER', 'N', 'B' FROM generate_series(1, :count) RETURNING id",
        coach=coach.coach.id,
        count=count,
    )


async def test_a_coach_has_at_most_a_hundred_even_of_two_at_once(practice: Practice) -> None:
    coach = await practice.coach()
    await _filled(practice, coach, 98)
    given = {"kind": "OTHER", "name": "N", "body": "Words"}

    answers = await asyncio.gather(*(practice.ask(ADD_TEMPLATE, coach, input=given) for _ in range(6)))

    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["MessageTemplate"] * 2 + ["TooManyTemplates"] * 4
    assert await practice.count("message_templates") == 100
    with pytest.raises(DBAPIError) as refused:
        await _filled(practice, coach, 1)
    assert refused.value.orig is not None
    assert "message_templates_at_most" in str(getattr(refused.value.orig.__cause__, "constraint_name", ""))


async def test_a_template_stays_with_its_coach(practice: Practice) -> None:
    one, other = await practice.coach(), await practice.coach()
    await message_template(practice, one)
    assert other.coach is not None

    async with practice.as_system() as db:
        with pytest.raises(DBAPIError, match="stays with its coach"):
            await db.execute(text("UPDATE message_templates SET coach_id = :id"), {"id": other.coach.id})
        await db.rollback()
