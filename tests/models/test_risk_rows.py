"""What the database holds of risks, asked of it directly: alerts are raised, go forward, and stay what they are."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.actor import SYSTEM, Actor
from app.platform.settings import Settings
from tests.models.small_practice import refused_with
from tests.operations import add_window, booked
from tests.practice import MovableClock, Person, Practice
from tests.risks import acknowledged, assessed

REFUSED, CHECKED = "42501", "23514"
ACKNOWLEDGED = "status = 'ACKNOWLEDGED', next_escalation_at = NULL, acknowledged_at = raised_at"
ASSESS = (
    "INSERT INTO risk_assessments (id, member_id, assessed_by_user_id, session_id, level, indicators, assessed_at)"
    " VALUES (gen_random_uuid(), :member, :user, CAST(:session AS uuid), :level, '{}', now())"
)
RAISE = (
    "INSERT INTO risk_alerts (id, risk_assessment_id, member_id, level, status, step, raised_at,"
    " next_escalation_at) SELECT gen_random_uuid(), id, member_id, :level, :status, :step, now(),"
    " CASE WHEN :escalates THEN now() END FROM risk_assessments WHERE level = 'MEDIUM'"
)


class Rows:
    """An open alert, an acknowledged one, and a MEDIUM risk without any."""

    def __init__(self, practice: Practice, coach: Person, member: Person, admin: Person, session: str) -> None:
        self.practice, self.coach, self.member, self.admin, self.session = practice, coach, member, admin, session

    @property
    def ids(self) -> dict[str, object]:
        assert self.member.member is not None
        return {"member": self.member.member.id, "user": self.coach.user.id}

    async def tried(self, actor: Actor, statement: str, **values: object) -> str | None:
        async with self.practice.as_actor(actor) as db:
            return await refused_with(db, statement, **values)


@pytest.fixture(scope="module")
async def rows(settings: Settings) -> AsyncIterator[Rows]:
    async with Practice.opened(settings, MovableClock()) as practice:
        coach, admin = await practice.coach(), await practice.admin()
        member = await practice.member(coach)
        await add_window(practice, coach, seats=2)
        beside = await practice.member(coach)
        await booked(practice, beside, coach, "2026-03-02T09:00:00Z")
        ((session,),) = await practice.rows("SELECT id FROM sessions")
        await assessed(practice, coach, member, "CRISIS", notes="Words")
        made = await assessed(practice, coach, member, "HIGH")
        await acknowledged(practice, coach, made["alert"]["id"])
        await assessed(practice, coach, member, "MEDIUM")
        yield Rows(practice, coach, member, admin, str(session))


@pytest.mark.parametrize("level", ["MEDIUM", "HIGH", "CRISIS"])
async def test_an_alarming_assessment_without_its_alert_is_not_committed(rows: Rows, level: str) -> None:
    async with rows.practice.as_actor(rows.coach.actor) as db:
        await db.execute(text(ASSESS), rows.ids | {"level": level, "session": None})
        found = await refused_with(db, "SET CONSTRAINTS ALL IMMEDIATE")
        await db.rollback()
    assert found == (None if level == "MEDIUM" else CHECKED)


async def test_an_assessment_names_no_session_of_somebody_else(rows: Rows) -> None:
    values = rows.ids | {"level": "LOW", "session": rows.session}
    assert await rows.tried(rows.coach.actor, ASSESS, **values) == CHECKED
    assert await rows.tried(SYSTEM, ASSESS, **values) == CHECKED


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"level": "MEDIUM", "status": "OPEN", "step": 0}, CHECKED),
        ({"level": "HIGH", "status": "OPEN", "step": 0}, "23503"),
        ({"level": "HIGH", "status": "RESOLVED", "step": 0}, REFUSED),
        ({"level": "HIGH", "status": "OPEN", "step": 1}, REFUSED),
        ({"level": "HIGH", "status": "OPEN", "step": 0, "escalates": False}, REFUSED),
    ],
)
async def test_an_alert_begins_open_with_the_level_of_its_assessment(
    rows: Rows, given: dict[str, object], state: str
) -> None:
    assert await rows.tried(SYSTEM, RAISE, **{"escalates": True, **given}) == state


@pytest.mark.parametrize(
    "assigned",
    [
        "level = 'LOW'",
        "indicators = '{ISOLATION}'",
        "notes = notes || '\\x00'",
        "assessed_at = now()",
        "member_coach_id = NULL",
    ],
)
async def test_an_assessment_stays_as_it_was_even_for_the_system(rows: Rows, assigned: str) -> None:
    statement = f"UPDATE risk_assessments SET {assigned} WHERE level = 'CRISIS'"
    assert await rows.tried(SYSTEM, statement) == REFUSED


@pytest.mark.parametrize(
    ("who", "status", "assigned", "state"),
    [
        ("system", "OPEN", "step = 1", None),
        ("system", "OPEN", "step = 2", REFUSED),
        ("system", "ACKNOWLEDGED", "step = 1", REFUSED),
        ("system", "ACKNOWLEDGED", "next_escalation_at = now()", CHECKED),
        ("system", "ACKNOWLEDGED", "status = 'OPEN', acknowledged_at = NULL, acknowledged_by_user_id = NULL", REFUSED),
        ("system", "ACKNOWLEDGED", "acknowledged_at = acknowledged_at + interval '1 s'", REFUSED),
        ("system", "OPEN", "member_coach_id = NULL", REFUSED),
        ("system", "OPEN", "level = 'HIGH'", REFUSED),
        ("system", "OPEN", f"{ACKNOWLEDGED}", CHECKED),
        ("coach", "OPEN", "step = 1", REFUSED),
        ("admin", "OPEN", "step = 1", REFUSED),
        ("coach", "OPEN", "next_escalation_at = NULL", REFUSED),
        ("coach", "OPEN", f"{ACKNOWLEDGED}, acknowledged_by_user_id = :admin", REFUSED),
        ("coach", "OPEN", f"{ACKNOWLEDGED}, acknowledged_by_user_id = :coach", None),
        ("admin", "OPEN", f"{ACKNOWLEDGED}, acknowledged_by_user_id = :coach", REFUSED),
        ("admin", "OPEN", f"{ACKNOWLEDGED}, acknowledged_by_user_id = :admin", None),
        ("coach", "ACKNOWLEDGED", "status = 'RESOLVED', resolved_at = now(), resolved_by_user_id = :admin", REFUSED),
        ("coach", "ACKNOWLEDGED", "status = 'RESOLVED', resolved_at = now(), resolved_by_user_id = :coach", None),
        ("coach", "ACKNOWLEDGED", "status = 'RESOLVED'", CHECKED),
        ("coach", "OPEN", f"{ACKNOWLEDGED}, acknowledged_by_user_id = :coach, note = '\\x01'", CHECKED),
    ],
)
async def test_an_alert_goes_forward_in_the_name_of_who_says_so_and_steps_are_the_systems(
    rows: Rows, who: str, status: str, assigned: str, state: str | None
) -> None:
    actor = {"system": SYSTEM, "coach": rows.coach.actor, "admin": rows.admin.actor}[who]
    named = {name: getattr(rows, name).user.id for name in ("coach", "admin") if f":{name}" in assigned}
    assert await rows.tried(actor, f"UPDATE risk_alerts SET {assigned} WHERE status = '{status}'", **named) == state


async def test_a_key_is_handed_to_whoever_sees_the_risk_and_nobody_else(rows: Rows) -> None:
    other = await rows.practice.coach()
    statement = "SELECT count(*) FROM keys_of_risk(ARRAY(SELECT :id))"
    ((alert,),) = await rows.practice.rows("SELECT id FROM risk_alerts WHERE status = 'OPEN'")
    found = {}
    for name, who in (("coach", rows.coach), ("admin", rows.admin), ("member", rows.member), ("other", other)):
        async with rows.practice.as_actor(who.actor) as db:
            found[name] = (await db.execute(text(statement.replace(":id", f"'{alert}'::uuid")))).scalar_one()
            assert (await db.execute(text("SELECT current_setting('app.system', true)"))).scalar_one() == ""
    assert found == {"coach": 1, "admin": 1, "member": 0, "other": 0}
