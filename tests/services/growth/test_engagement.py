"""How engaged members are: counted from what they did, by their own days, however often an event is heard."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.context import Context
from app.events import (
    ActionItemCompleted,
    AssessmentCompleted,
    Event,
    InterventionUpdated,
    JournalEntryWritten,
    SessionCompleted,
    SessionNoShow,
    emit,
)
from app.jobs.growth import FADE_ENGAGEMENT
from app.models.coherence.dimensions import Dimension
from app.models.growth import ActionItem, ActionItemStatus, Difficulty, Intervention, MemberIntervention
from app.models.growth.interventions import InterventionStatus
from app.platform.ids import new_id
from app.wire.relay import parse_key
from tests.growing import ENGAGEMENT, METRIC_OVER_TIME, REMOVE, assessed, engaged, entered
from tests.operations import add_window, booked, completed, transferred
from tests.practice import Person, Practice

NOTHING = {
    "SESSIONS": (0, None),
    "ACTION_ITEMS": (0, None),
    "JOURNAL": (0, None),
    "INTERVENTIONS": (0, None),
    "ASSESSMENTS": (0, None),
}


def counts(engagement: dict[str, Any]) -> dict[str, tuple[int, str | None]]:
    return {part["name"]: (part["count"], part["lastOn"]) for part in engagement["parts"]}


async def counted(practice: Practice) -> list[tuple[str, str, int]]:
    rows = await practice.rows("SELECT name, day, value FROM engagement_metrics ORDER BY name, day")
    return [(name, day.isoformat(), int(value)) for name, day, value in rows]


async def heard(practice: Practice, *events: Event) -> None:
    async with Context(practice.house).unit_of_work() as db:
        for event in events:
            emit(db, event)
    await practice.work()


def of(member: Person, kind: Any, **more: Any) -> Any:
    assert member.member is not None
    return kind(member_id=member.member.id, coach_id=member.member.coach_id, **more)


async def test_who_has_done_nothing_has_no_points_and_every_part_says_so(
    practice: Practice, coach: Person, member: Person
) -> None:
    found = await engaged(practice, coach, member)

    assert (found["score"], found["computedAt"], found["member"]) == (0, None, {"id": member.id})
    assert counts(found) == NOTHING
    assert [part["most"] for part in found["parts"]] == [30, 25, 20, 15, 10]


async def test_an_entry_counts_once_however_often_it_is_heard_of(
    practice: Practice, coach: Person, member: Person
) -> None:
    await entered(practice, member)
    found = await engaged(practice, coach, member)
    again = of(member, JournalEntryWritten, journal_entry_id=new_id())
    await heard(practice, again, again)

    assert (found["score"], found["computedAt"]) == (4, "2026-03-02T08:00:00Z")
    assert await engaged(practice, member) == found
    assert await counted(practice) == [("JOURNAL_ENTRIES", "2026-03-02", 1)]
    assert counts(found) == NOTHING | {"JOURNAL": (1, "2026-03-02")}


async def test_what_is_removed_counts_no_longer(practice: Practice, member: Person) -> None:
    first, _ = await entered(practice, member), await entered(practice, member)
    assert counts(await engaged(practice, member))["JOURNAL"] == (2, "2026-03-02")

    await practice.ask(REMOVE, member, input={"id": first["id"]})
    assert counts(await engaged(practice, member))["JOURNAL"] == (1, "2026-03-02")
    assert await counted(practice) == [("JOURNAL_ENTRIES", "2026-03-02", 1)]


async def test_everything_that_a_member_does_counts(practice: Practice, coach: Person, member: Person) -> None:
    await add_window(practice, coach)
    sessions = [await booked(practice, member, coach, f"2026-03-02T{hour:02}:00:00Z") for hour in (9, 10, 11)]
    practice.clock.move(hours=6)
    for session in sessions[:2]:
        await completed(practice, session)
    missed = "UPDATE sessions SET status = 'NO_SHOW', no_show_at = :now WHERE id = :id RETURNING 1"
    assert await practice.rows(missed, now=practice.clock(), id=parse_key(sessions[2], "Session", "id"))
    await _done(practice, member)
    await assessed(practice, member)
    with_session = {"session_id": new_id(), "coach_id": coach.coach.id, "starts_at": practice.clock()}
    told = [
        SessionCompleted(member_id=member.member.id, **with_session),
        SessionNoShow(member_id=member.member.id, **with_session),
        of(member, ActionItemCompleted, action_item_id=new_id()),
        of(member, AssessmentCompleted, assessment_id=new_id()),
        of(member, InterventionUpdated, member_intervention_id=new_id(), status="COMPLETED"),
    ]
    scores = []
    for event in told:  # each alone makes the job look
        await practice.rows("UPDATE engagement_scores SET score = 0 RETURNING 1")
        await heard(practice, event)
        scores.append((await engaged(practice, coach, member))["score"])

    found = await engaged(practice, coach, member)
    day = "2026-03-02"
    assert counts(found) == {
        "SESSIONS": (2, day),
        "ACTION_ITEMS": (1, day),
        "JOURNAL": (0, None),
        "INTERVENTIONS": (1, day),
        "ASSESSMENTS": (1, day),
    }
    points = {part["name"]: part["points"] for part in found["parts"]}
    # 30 · (1 - 2^-2) · 2/3, 25 · (1 - 2^-0.5), 15 · (1 - 2^-2), 10 · (1 - 2^-2)
    expected = {
        "SESSIONS": "15.0",
        "ACTION_ITEMS": "7.3",
        "JOURNAL": "0.0",
        "INTERVENTIONS": "11.2",
        "ASSESSMENTS": "7.5",
    }
    assert points == expected
    assert [part["missed"] for part in found["parts"]] == [1, 0, 0, 0, 0]
    assert scores == [41] * len(told)


async def test_days_are_the_members_own_and_it_fades_when_one_begins(practice: Practice, member: Person) -> None:
    """In New York, where the clocks go forward on Sunday, 8 March."""
    await practice.rows("UPDATE users SET time_zone = 'America/New_York' WHERE id = :id RETURNING 1", id=member.user.id)
    for at in ("2026-03-08T04:59:00+00:00", "2026-03-08T05:00:00+00:00", "2026-03-09T03:59:00+00:00"):
        practice.clock.now = datetime.fromisoformat(at)
        await entered(practice, member)
        await practice.work()
    before = await engaged(practice, member)
    ((until,),) = await practice.rows("SELECT current_until FROM engagement_scores")
    practice.clock.move(seconds=60)
    after = await engaged(practice, member)

    assert await counted(practice) == [("JOURNAL_ENTRIES", "2026-03-07", 1), ("JOURNAL_ENTRIES", "2026-03-08", 2)]
    assert until == datetime.fromisoformat("2026-03-09T04:00:00+00:00")
    points = [each["parts"][2]["points"] for each in (before, after)]
    assert points == ["9.9", "9.5"]  # of 2.9517 entries, and of 2.8092
    assert after["computedAt"] == "2026-03-09T04:00:00Z"


async def test_after_twelve_weeks_nothing_is_left_to_fade_and_what_was_counted_stays(
    practice: Practice, member: Person
) -> None:
    await entered(practice, member)
    scores = []
    for weeks in (0, 2, 9.9, 0.1):
        practice.clock.move(weeks=weeks)
        scores.append((await engaged(practice, member))["parts"][2]["points"])

    assert scores == ["4.1", "2.2", "0.1", "0.0"]
    assert await practice.rows("SELECT score, current_until FROM engagement_scores") == [(0, None)]
    assert await counted(practice) == [("JOURNAL_ENTRIES", "2026-03-02", 1)]


async def test_workers_who_count_and_fade_at_once_come_to_one_end(practice: Practice, coach: Person) -> None:
    members = await practice.members(5, coach)
    for each in members:
        await entered(practice, each)
    await practice.work()
    practice.clock.move(days=1)
    for each in members:
        await entered(practice, each)
    contexts = [Context(practice.house) for _ in range(3)]

    await asyncio.gather(practice.work(), *(FADE_ENGAGEMENT.work(context) for context in contexts))
    await practice.work()

    assert await practice.rows("SELECT DISTINCT value FROM engagement_metrics") == [(1,)]
    found = [await engaged(practice, each) for each in members]
    assert {each["score"] for each in found} == {7}  # of 1.9517 entries
    assert {each["computedAt"] for each in found} == {"2026-03-03T08:00:00Z"}
    assert await practice.rows("SELECT status FROM pgqueuer") == []


async def test_the_member_their_coach_of_today_and_admins_see_it_and_nobody_says_it(
    practice: Practice, coach: Person, member: Person
) -> None:
    await entered(practice, member)
    found = await engaged(practice, coach, member)
    other, beside, admin = await practice.coach(), await practice.member(coach), await practice.admin()
    for who in (other, beside):
        assert (await practice.refusal(ENGAGEMENT, who, memberId=member.id))["code"] == "FORBIDDEN"
    assert (await practice.refusal(ENGAGEMENT, admin))["field"] == "memberId"
    assert await engaged(practice, admin, member) == found
    await transferred(practice, member, other)

    assert await engaged(practice, other, member) == found
    assert (await practice.refusal(ENGAGEMENT, coach, memberId=member.id))["code"] == "FORBIDDEN"
    for who in (coach, member):
        async with practice.as_actor(who.actor) as db:
            for table in ("engagement_metrics", "engagement_scores"):
                seen = (await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
                assert seen == (0 if who is coach else 1)
                changed = await db.execute(text(f"UPDATE {table} SET member_id = member_id"))
                assert changed.rowcount == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("interval", "bounds", "expected"),
    [
        (
            "DAY",
            ("2026-03-01T23:00:00Z", "2026-03-04T23:00:00Z"),
            [("2026-03-02", "2.00"), ("2026-03-03", "0.00"), ("2026-03-04", "1.00")],
        ),
        (
            "WEEK",
            ("2026-02-25T00:00:00Z", "2026-03-11T00:00:00Z"),
            [("2026-02-23", "0.00"), ("2026-03-02", "3.00"), ("2026-03-09", "1.00")],
        ),
        ("MONTH", ("2026-02-10T00:00:00Z", "2026-03-04T00:00:00Z"), [("2026-02-01", "0.00"), ("2026-03-01", "3.00")]),
    ],
)
async def test_how_often_somebody_writes_over_time(
    practice: Practice,
    coach: Person,
    member: Person,
    interval: str,
    bounds: tuple[str, str],
    expected: list[tuple[str, str]],
) -> None:
    """In Berlin, where a day begins at 23:00 of UTC."""
    await practice.rows("UPDATE users SET time_zone = 'Europe/Berlin' WHERE id = :id RETURNING 1", id=member.user.id)
    for days in (0, 0, 2, 7):
        practice.clock.now = datetime.fromisoformat(f"2026-03-{2 + days:02}T08:00:00+00:00")
        await entered(practice, member)
    await practice.work()

    asked = {"memberId": member.id, "interval": interval, "from": bounds[0], "to": bounds[1]}
    found = await practice.ask(METRIC_OVER_TIME, coach, metric="JOURNAL_ENTRIES", **asked)
    none = await practice.ask(METRIC_OVER_TIME, coach, metric="SESSIONS_MISSED", **asked)

    assert (found["metric"], found["timeZone"]) == ("JOURNAL_ENTRIES", "Europe/Berlin")
    assert [(point["startsOn"], point["value"]) for point in found["points"]] == expected
    assert {point["value"] for point in none["points"]} == {"0.00"}


async def _done(practice: Practice, member: Person) -> None:
    """An intervention and an action item, completed now."""
    assert member.member is not None
    now = practice.clock()
    texts: dict[str, Any] = {
        "name": "Breathe",
        "dimension": Dimension.PSI,
        "difficulty": Difficulty.EASY,
        "time_minutes": 5,
        "description": "In, and out.",
        "steps": [],
        "success_measures": [],
        "resources": [],
        "updated_at": now,
    }
    async with practice.as_system() as db:
        intervention = Intervention(code="breathe", created_at=now, **texts)
        db.add(intervention)
        await db.flush()
        whose = {"member_id": member.member.id, "completed_at": now, "started_at": now}
        db.add(
            MemberIntervention(
                **whose,
                **texts,
                intervention_id=intervention.id,
                assigned_by_user_id=member.user.id,
                status=InterventionStatus.COMPLETED,
                progress_percent=100,
                assigned_at=now,
            )
        )
        db.add(
            ActionItem(
                **whose,
                title="Call home",
                status=ActionItemStatus.COMPLETED,
                added_by_user_id=member.user.id,
                created_at=now,
                updated_at=now,
            )
        )
