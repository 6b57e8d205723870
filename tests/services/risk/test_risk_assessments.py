"""Recording a risk: what it raises, who sees it, and what is refused."""

import asyncio
from typing import Any

import pytest

from app.events import RiskAlertRaised, RiskAssessed
from app.wire.relay import global_id
from tests.operations import TABLES, add_window, booked, nothing_written, transferred
from tests.practice import Person, Practice
from tests.risks import ALERTS, ASSESSMENTS, NODE, RECORD, RESOLVE, alarmed, assessed
from tests.statements import cost_alike, cost_of_page

NINE = "2026-03-02T09:00:00Z"
CANARY = "Kanarienvogel"
LEVELS = ("LOW", "MEDIUM", "HIGH", "CRISIS")
ALARMING = {"HIGH", "CRISIS"}
OF_MEMBER = "query ($id: ID!) { member(id: $id) { risk { id level } } }"


async def listed(practice: Practice, who: Person, query: str = ASSESSMENTS, **wanted: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in (await practice.ask(query, who, **wanted))["edges"]]


async def test_high_and_crisis_raise_an_alert_with_the_assessment_and_the_others_none(
    practice: Practice, coach: Person, member: Person
) -> None:
    for level in LEVELS:
        practice.clock.move(minutes=1)
        made = await assessed(practice, coach, member, level)
        assert (made["level"], made["alert"] is not None) == (level, level in ALARMING)
        if made["alert"]:
            assert (made["alert"]["status"], made["alert"]["level"]) == ("OPEN", level)

    history = await listed(practice, coach, memberId=member.id)
    alerts = await listed(practice, coach, ALERTS)
    assert [each["level"] for each in history] == [*reversed(LEVELS)]
    assert [each["level"] for each in alerts] == ["CRISIS", "HIGH"]
    assert [each["level"] for each in await listed(practice, coach, level="LOW")] == ["LOW"]
    assert (await practice.ask(OF_MEMBER, coach, id=member.id))["risk"]["level"] == "CRISIS"
    events = await practice.told()
    assert [event.level for event in events if isinstance(event, RiskAssessed)] == [*LEVELS]
    assert [event.level for event in events if isinstance(event, RiskAlertRaised)] == ["HIGH", "CRISIS"]


async def test_an_assessment_says_what_was_seen_when_and_in_which_session(
    practice: Practice, coach: Person, member: Person
) -> None:
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)
    practice.clock.move(hours=3)
    made = await assessed(
        practice,
        coach,
        member,
        "MEDIUM",
        indicators=["ISOLATION", "ACUTE_DISTRESS", "ISOLATION"],
        notes=" Words ",
        sessionId=session,
        assessedAt=NINE,
    )

    assert made["indicators"] == ["ACUTE_DISTRESS", "ISOLATION"]
    assert (made["notes"], made["session"]["id"], made["member"]["id"]) == ("Words", session, member.id)
    assert (made["assessedAt"], made["createdAt"]) == (NINE, "2026-03-02T11:00:00Z")
    assert made["assessedBy"]["id"] == global_id("User", coach.user.id)
    assert await practice.ask(NODE, coach, id=made["id"]) == made


async def test_what_is_written_is_nowhere_in_plain_text(practice: Practice, coach: Person, member: Person) -> None:
    made = await assessed(practice, coach, member, notes=CANARY, idempotencyKey="k")
    await practice.ask(RESOLVE, coach, input={"id": made["alert"]["id"], "note": CANARY})
    found = 0
    for table in TABLES:
        ((count,),) = await practice.rows(
            f"SELECT count(*) FROM {table} t WHERE t::text LIKE :plain OR t::text LIKE :bytes",
            plain=f"%{CANARY}%",
            bytes=f"%{CANARY.encode().hex()}%",
        )
        found += count

    assert found == 0
    assert (await practice.ask(NODE, coach, id=made["alert"]["id"]))["note"] == CANARY


async def test_a_member_sees_and_hears_nothing_of_it(practice: Practice, coach: Person, member: Person) -> None:
    made = await assessed(practice, coach, member)
    await practice.work()

    for query in (ASSESSMENTS, ALERTS):
        assert (await practice.refusal(query, member))["code"] == "FORBIDDEN"
    for id in (made["id"], made["alert"]["id"]):
        assert (await practice.refusal(NODE, member, id=id))["code"] == "FORBIDDEN"
    assert (await practice.ask(OF_MEMBER, member, id=member.id))["risk"] is None
    assert await practice.count("notifications", "user_id = :id", id=member.user.id) == 0


async def test_a_coach_is_refused_of_others_members_as_of_nobody(
    practice: Practice, coach: Person, member: Person
) -> None:
    other = await practice.coach()
    made = await assessed(practice, coach, member)
    nobody = global_id("Member", "01920000-0000-7000-8000-000000000000")
    async with nothing_written(practice):
        for whom in (member.id, nobody):
            given = {"memberId": whom, "level": "CRISIS", "notes": "Words"}
            assert (await practice.refusal(RECORD, other, input=given))["code"] == "FORBIDDEN"
            assert (await practice.refusal(ASSESSMENTS, other, memberId=whom))["code"] == "FORBIDDEN"
            assert (await practice.refusal(ALERTS, other, memberId=whom))["code"] == "FORBIDDEN"
    assert await listed(practice, other) == await listed(practice, other, ALERTS) == []
    assert (await practice.refusal(NODE, other, id=made["id"]))["code"] == "FORBIDDEN"


async def test_after_a_transfer_the_new_coach_has_the_history_and_the_old_one_nothing(
    practice: Practice, coach: Person, member: Person, admin: Person
) -> None:
    made = await assessed(practice, coach, member, notes="Words")
    other = await practice.coach()
    await transferred(practice, member, other)

    assert await listed(practice, coach) == await listed(practice, coach, ALERTS) == []
    for who in (other, admin):
        (found,) = await listed(practice, who)
        assert (found["id"], found["notes"], found["alert"]["id"]) == (made["id"], "Words", made["alert"]["id"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"indicators": []}, "indicators"),
        ({"assessedAt": "2026-03-02T08:06:00Z"}, "assessedAt"),
        ({"notes": " "}, "notes"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_written(
    practice: Practice, coach: Person, member: Person, changes: dict[str, Any], field: str
) -> None:
    given = {"memberId": member.id, "level": "HIGH", "indicators": ["ISOLATION"], **changes}
    async with nothing_written(practice):
        answer = await practice.ask(RECORD, coach, input=given)
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", field)


async def test_a_session_of_somebody_else_is_refused(practice: Practice, coach: Person, member: Person) -> None:
    await add_window(practice, coach)
    session = await booked(practice, await practice.member(coach), coach, NINE)
    given = {"memberId": member.id, "level": "LOW", "sessionId": session}
    answer = await practice.ask(RECORD, coach, input=given)
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "sessionId")
    assert await practice.count("risk_assessments") == 0


async def test_retries_at_once_record_one_assessment_and_raise_one_alert(
    practice: Practice, coach: Person, member: Person
) -> None:
    tries = [assessed(practice, coach, member, notes="Words", idempotencyKey="k") for _ in range(8)]
    answers = await asyncio.gather(*tries)
    given = {"memberId": member.id, "level": "CRISIS", "notes": "Other words", "idempotencyKey": "k"}
    other = await practice.ask(RECORD, coach, input=given)

    assert {(each["id"], each["alert"]["id"]) for each in answers} == {(answers[0]["id"], answers[0]["alert"]["id"])}
    assert other["__typename"] == "IdempotencyKeyReused"
    assert (await practice.count("risk_assessments"), await practice.count("risk_alerts")) == (1, 1)


async def test_a_long_page_costs_what_a_short_one_does(practice: Practice, coach: Person, member: Person) -> None:
    for whom in [member, *await practice.members(5, coach)]:
        await alarmed(practice, coach, whom)
    for query in (ASSESSMENTS, ALERTS):
        (few, short), (many, long) = [await cost_of_page(practice, query, coach, first) for first in (2, 6)]
        assert (few, many) == (2, 6)
        assert cost_alike(short, long), query
