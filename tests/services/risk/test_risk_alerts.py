"""Alerts: who is told and when, steps that are taken once, and whoever acknowledges one."""

import asyncio
from datetime import datetime, timedelta

import pytest

from app.context import Context
from app.events import Happened, RiskAlertAcknowledged, RiskAlertEscalated
from app.platform.settings import Settings
from app.services import operations
from app.services import risk as risk_service
from app.wire.relay import global_id
from tests.operations import nothing_written, transferred
from tests.practice import MovableClock, Person, Practice
from tests.risks import ACKNOWLEDGE, ALERTS, RESOLVE, acknowledged, alarmed, alert
from tests.services.notifications.told import facts_of, mails

MAILED_OF_RISK = ("RISK_ALERT", "PENDING")
MAILED_OF_STEP = ("RISK_ALERT_ESCALATED", "PENDING")


async def steps_told(practice: Practice, who: Person) -> int:
    """How many steps somebody was told of, after all work is done."""
    await practice.work()
    return await practice.count("notifications", "user_id = :id AND kind = 'RISK_ALERT_ESCALATED'", id=who.user.id)


async def scanned(practice: Practice) -> int:
    """The steps that one more worker takes."""
    async with Context(practice.house).unit_of_work() as db:
        return await risk_service.escalate_due(db, now=practice.clock())


async def test_a_coach_is_told_at_any_hour_and_cannot_switch_it_off(
    practice: Practice, coach: Person, member: Person
) -> None:
    user = coach.user.id
    await practice.rows("INSERT INTO quiet_hours VALUES (:id, '00:00', '23:59') RETURNING 1", id=user)
    switch_off = (
        "mutation { updateNotificationPreferences(input: { changes: [{ kind: RISK_ALERT, channel: EMAIL, isOn: false }]"
        " }) { __typename } }"
    )
    assert (await practice.ask(switch_off, coach))["__typename"] == "ChannelNotOptional"
    id = await alarmed(practice, coach, member)

    assert await mails(practice, coach) == [MAILED_OF_RISK]
    waits = await practice.rows("SELECT not_before FROM deliveries WHERE user_id = :id", id=user)
    assert waits == [(None,)]
    facts = await facts_of(practice, coach, "RISK_ALERT")
    assert global_id("RiskAlert", facts["risk_alert_id"]) == id


@pytest.mark.parametrize(("level", "minutes"), [("CRISIS", 10), ("HIGH", 240)])
async def test_admins_and_the_coach_are_told_when_nobody_acknowledges_in_time_and_again(
    practice: Practice, coach: Person, member: Person, admin: Person, level: str, minutes: int
) -> None:
    id = await alarmed(practice, coach, member, level)
    await practice.work()
    practice.clock.move(minutes=minutes, seconds=-1)
    assert await steps_told(practice, admin) == 0

    practice.clock.move(seconds=1)
    assert await steps_told(practice, admin) == await steps_told(practice, coach) == 1
    assert await steps_told(practice, member) == 0
    assert (await facts_of(practice, admin, "RISK_ALERT_ESCALATED"))["step"] == 1
    assert await mails(practice, admin) == [MAILED_OF_STEP]

    practice.clock.move(minutes=minutes)
    assert await steps_told(practice, admin) == 2
    seen = await alert(practice, admin, id)
    due = datetime.fromisoformat(seen["raisedAt"]) + timedelta(minutes=3 * minutes)
    assert (seen["step"], datetime.fromisoformat(seen["nextEscalationAt"])) == (2, due)


async def test_it_ends_after_so_many_steps_and_none_that_was_missed_is_made_up_for(settings: Settings) -> None:
    given = {"risk_crisis_minutes": 3, "risk_escalations": 2}
    async with Practice.opened(settings.model_copy(update=given), MovableClock()) as practice:
        coach, admin = await practice.coach(), await practice.admin()
        id = await alarmed(practice, coach, await practice.member(coach))
        told = []
        for hours in (5, 0, 5, 5):
            practice.clock.move(hours=hours)
            told.append(await steps_told(practice, admin))

        assert told == [1, 1, 2, 2]
        seen = await alert(practice, admin, id)
        assert (seen["status"], seen["step"], seen["nextEscalationAt"]) == ("OPEN", 2, None)


@pytest.mark.parametrize("coaching", ["nobody", "somebody who is switched off"])
async def test_where_no_coach_hears_of_it_admins_are_told_at_once(
    practice: Practice, coach: Person, admin: Person, coaching: str
) -> None:
    member = await practice.member(None if coaching == "nobody" else coach)
    await practice.rows("UPDATE users SET is_active = false WHERE id = :id RETURNING 1", id=coach.user.id)
    id = await alarmed(practice, admin, member, "HIGH")

    assert await steps_told(practice, admin) == 1
    assert await mails(practice, coach) == []
    seen = await alert(practice, admin, id)
    assert (seen["step"], seen["nextEscalationAt"]) == (1, "2026-03-02T12:00:00Z")


async def test_an_acknowledgement_ends_the_escalation_and_is_one_persons(
    practice: Practice, coach: Person, member: Person, admin: Person
) -> None:
    id = await alarmed(practice, coach, member)
    practice.clock.move(minutes=9)
    first = await acknowledged(practice, coach, id)
    practice.clock.move(hours=9)
    again = await acknowledged(practice, coach, id)

    assert first == again
    assert (first["status"], first["acknowledgedAt"]) == ("ACKNOWLEDGED", "2026-03-02T08:09:00Z")
    assert first["acknowledgedBy"]["id"] == global_id("User", coach.user.id)
    async with nothing_written(practice):
        second = await practice.ask(ACKNOWLEDGE, admin, input={"id": id})
    assert (second["__typename"], second["status"]) == ("RiskAlertNotOpen", "ACKNOWLEDGED")
    events = [event for event in await practice.told() if isinstance(event, RiskAlertAcknowledged)]
    assert len(events) == 1
    assert await steps_told(practice, admin) == 0


async def test_who_resolves_an_alert_says_what_was_done_and_has_acknowledged_it(
    practice: Practice, coach: Person, member: Person, admin: Person
) -> None:
    ids = [await alarmed(practice, coach, member) for _ in range(2)]
    await acknowledged(practice, coach, ids[0])
    practice.clock.move(minutes=5)
    for id in ids:
        done = await practice.ask(RESOLVE, admin, input={"id": id, "note": "Called"})
        assert (done["status"], done["note"], done["resolvedAt"]) == ("RESOLVED", "Called", "2026-03-02T08:05:00Z")
        assert await alert(practice, admin, id) == done
    assert [(await alert(practice, admin, id))["acknowledgedAt"] for id in ids] == [
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:05:00Z",
    ]
    async with nothing_written(practice):
        for mutation in (RESOLVE, ACKNOWLEDGE):
            refused = await practice.ask(mutation, admin, input={"id": ids[0]})
            assert (refused["__typename"], refused["status"]) == ("RiskAlertNotOpen", "RESOLVED")
    found = [len((await practice.ask(ALERTS, coach, status=status))["edges"]) for status in ("OPEN", "RESOLVED")]
    assert found == [0, 2]


async def test_nobody_but_the_coach_of_today_and_admins_acknowledges(
    practice: Practice, coach: Person, member: Person
) -> None:
    id, nobody = await alarmed(practice, coach, member), global_id("RiskAlert", "01920000-0000-7000-8000-000000000000")
    other = await practice.coach()
    async with nothing_written(practice):
        for who in (other, member):
            for each in (id, nobody):
                for mutation in (ACKNOWLEDGE, RESOLVE):
                    assert (await practice.refusal(mutation, who, input={"id": each}))["code"] == "FORBIDDEN"


async def test_operators_see_what_is_open_and_whether_steps_are_late(
    practice: Practice, coach: Person, member: Person
) -> None:
    seen = []
    for minutes in (9, 3):
        await alarmed(practice, coach, member)
        practice.clock.move(minutes=minutes)
        async with practice.as_system() as db:
            found = {figure.name: figure.value for figure in await operations.figures(db, now=practice.clock())}
        seen.append((found["risk_alerts_open"], found["risk_alerts_late_seconds"]))

    assert seen == [(1, 0), (2, 2 * 60)]


# At the same time


async def test_each_step_is_taken_once_however_many_workers_look(
    practice: Practice, coach: Person, admin: Person
) -> None:
    for member in await practice.members(3, coach):
        await alarmed(practice, coach, member)
    for step in (1, 2):
        practice.clock.move(minutes=10)
        assert sum(await asyncio.gather(*(scanned(practice) for _ in range(8)))) == 3
        assert await practice.count("risk_alerts", "step = :step", step=step) == 3
    assert await steps_told(practice, admin) == 6


async def test_whoever_acknowledges_an_alert_at_the_moment_it_is_due_is_not_overtaken(
    practice: Practice, coach: Person, member: Person
) -> None:
    id = await alarmed(practice, coach, member)
    practice.clock.move(minutes=10)
    async with practice.context(coach).unit_of_work(coach.actor) as db:
        key = (await practice.rows("SELECT id FROM risk_alerts"))[0][0]
        await risk_service.acknowledge_risk_alert(db, coach.actor, alert_id=key, now=practice.clock())
        assert await scanned(practice) == 0, "its row is held"
    assert await scanned(practice) == 0
    assert (await alert(practice, coach, id))["step"] == 0


async def test_acknowledgements_and_steps_that_race_leave_no_step_behind_an_acknowledgement(
    practice: Practice, coach: Person
) -> None:
    ids = [await alarmed(practice, coach, member) for member in await practice.members(6, coach)]
    practice.clock.move(minutes=10)
    await asyncio.gather(*(scanned(practice) for _ in range(3)), *(acknowledged(practice, coach, id) for id in ids))

    told = await practice.told()
    steps = [event.risk_alert_id for event in told if isinstance(event, RiskAlertEscalated)]
    stored = {id for (id,) in await practice.rows("SELECT id FROM risk_alerts WHERE step = 1")}
    assert (len(steps), set(steps)) == (len(stored), stored)
    assert await practice.count("risk_alerts", "status = 'ACKNOWLEDGED' AND next_escalation_at IS NULL") == 6
    practice.clock.move(hours=1)
    assert await scanned(practice) == 0


async def test_two_who_acknowledge_at_once_are_one_who_does_and_one_who_is_told_so(
    practice: Practice, coach: Person, member: Person, admin: Person
) -> None:
    id = await alarmed(practice, coach, member)
    answers = await asyncio.gather(*(practice.ask(ACKNOWLEDGE, who, input={"id": id}) for who in (coach, admin)))
    assert sorted(each["__typename"] for each in answers) == ["RiskAlert", "RiskAlertNotOpen"]


async def test_what_is_acknowledged_before_it_is_told_is_told_to_nobody(
    practice: Practice, coach: Person, member: Person, admin: Person
) -> None:
    id = await alarmed(practice, coach, member)
    await practice.work()
    practice.clock.move(minutes=10)
    assert await scanned(practice) == 1
    await acknowledged(practice, coach, id)
    assert await steps_told(practice, admin) == 0


# A member who has another coach


async def test_a_new_coach_is_told_of_what_is_not_resolved_once_and_it_goes_on_where_it_was(
    practice: Practice, coach: Person, member: Person
) -> None:
    open_, seen_to, over = [await alarmed(practice, coach, member) for _ in range(3)]
    await acknowledged(practice, coach, seen_to)
    await practice.ask(RESOLVE, coach, input={"id": over})
    await practice.work()
    other = await practice.coach()
    practice.clock.move(minutes=5)
    await transferred(practice, member, other)
    ((number, event, at),) = await practice.rows(
        "SELECT id, event, created_at FROM outbox WHERE event_type = 'CoachAssigned'"
    )
    await practice.work()
    async with Context(practice.house).unit_of_work() as db:  # a job may be done twice
        happened = Happened(id=number, event_type="CoachAssigned", event=event, at=at)
        await risk_service.hand_over_alerts(db, happened, now=practice.clock())

    of_alerts = "SELECT facts FROM notifications WHERE user_id = :id AND kind = 'RISK_ALERT'"
    told = await practice.rows(of_alerts, id=other.user.id)
    assert {global_id("RiskAlert", facts["risk_alert_id"]) for (facts,) in told} == {open_, seen_to}
    assert len(told) == 2
    assert (await practice.refusal(ACKNOWLEDGE, coach, input={"id": open_}))["code"] == "FORBIDDEN"
    practice.clock.move(minutes=5)
    assert (await steps_told(practice, other), await steps_told(practice, coach)) == (1, 0)
    assert (await acknowledged(practice, other, open_))["step"] == 1
