"""What the schema itself holds of calendars elsewhere and of the time that they block."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.platform.database import violated_constraint
from tests.operations import outside_calendar
from tests.practice import Person, Practice

_CALENDAR = (
    "INSERT INTO outside_calendars (id, coach_id, name, host, sealed_url, status, problem, failures, fetch_no,"
    " asked_at, next_fetch_at, created_at) VALUES (gen_random_uuid(), :coach, 'One', 'calendar.example', 'x',"
    " :status, :problem, 0, 0, now(), CASE WHEN :due THEN now() END, now())"
)
_TIME_OFF = (
    "INSERT INTO time_off (id, coach_id, starts_at, ends_at, kind, reason, outside_calendar_id) VALUES"
    " (gen_random_uuid(), :coach, now(), now() + interval '1 hour', :kind, :reason,"
    " CASE WHEN :imported THEN (SELECT id FROM outside_calendars LIMIT 1) END)"
)


async def refused(practice: Practice, statement: str, **values: object) -> str | None:
    """The constraint that a row breaks."""
    with pytest.raises(DBAPIError) as broken:
        async with practice.as_system() as db:
            await db.execute(text(statement), values)
    return violated_constraint(broken.value)


def coach_id(coach: Person) -> object:
    assert coach.coach is not None
    return coach.coach.id


async def test_an_eleventh_calendar_is_refused(practice: Practice) -> None:
    coach = await practice.coach()
    for _ in range(10):
        await outside_calendar(practice, coach)
    await outside_calendar(practice, await practice.coach())

    row = {"coach": coach_id(coach), "status": "READ", "problem": None, "due": True}
    assert await refused(practice, _CALENDAR, **row) == "outside_calendars_at_most"


@pytest.mark.parametrize(
    ("status", "problem", "due", "constraint"),
    [
        ("READ", None, False, "outside_calendars_due_unless_failed"),
        ("FAILED", "Gone", True, "outside_calendars_due_unless_failed"),
        ("FAILING", None, True, "outside_calendars_say_what_is_wrong"),
        ("READ", "Gone", True, "outside_calendars_say_what_is_wrong"),
        ("ELSEWHERE", None, True, "outside_calendars_status_known"),
    ],
)
async def test_status_problem_and_next_fetch_belong_together(
    practice: Practice, status: str, problem: str | None, due: bool, constraint: str
) -> None:
    row = {"coach": coach_id(await practice.coach()), "status": status, "problem": problem, "due": due}

    assert await refused(practice, _CALENDAR, **row) == constraint


@pytest.mark.parametrize(
    ("of_another", "kind", "reason", "imported", "constraint"),
    [
        (False, "OUTSIDE_CALENDAR", None, False, "time_off_outside_of_a_calendar"),
        (False, "VACATION", None, True, "time_off_outside_of_a_calendar"),
        (False, "OUTSIDE_CALENDAR", "Dentist", True, "time_off_outside_says_no_more"),
        (True, "OUTSIDE_CALENDAR", None, True, "time_off_outside_calendar_fkey"),
    ],
)
async def test_imported_time_off_is_of_a_calendar_of_the_same_coach_and_says_no_more(
    practice: Practice, of_another: bool, kind: str, reason: str | None, imported: bool, constraint: str
) -> None:
    coach = await practice.coach()
    await outside_calendar(practice, coach)
    whose = coach_id(await practice.coach() if of_another else coach)

    row = {"coach": whose, "kind": kind, "reason": reason, "imported": imported}
    assert await refused(practice, _TIME_OFF, **row) == constraint
