"""Goals straight at the tables: what follows from what, what stays, and how many there are."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.platform.database import violated_constraint
from app.platform.settings import Settings
from tests.goals import goals_made_in
from tests.models.small_practice import refused_with
from tests.practice import MovableClock, Person, Practice

TWIN = (
    "INSERT INTO goals SELECT (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid(), 'current',"
    " g.baseline, 'progress', 0, 'added_by_user_id', nullif(current_setting('app.user_id', true), '')))).*"
    " FROM goals g, generate_series(1, :count)"
)
ENDED = "UPDATE goals SET status = 'ABANDONED', ended_at = created_at"
REACHED = "UPDATE goals SET current = target, progress = 100, status = 'REACHED', ended_at = created_at"
BY_HAND = "UPDATE milestones SET reached_at = created_at"


@pytest.fixture(scope="module")
async def people(settings: Settings) -> AsyncIterator[tuple[Practice, Person, Person]]:
    """A coach and a member with a goal from 0 to 10 that stands at 1, and a milestone."""
    async with Practice.opened(settings, MovableClock()) as practice:
        coach = await practice.coach()
        member = await practice.member(coach)
        await goals_made_in(practice, member, member)
        yield practice, coach, member


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("UPDATE goals SET progress = 50", "23514"),
        ("UPDATE goals SET current = 2", "23514"),
        ("UPDATE goals SET target = baseline", "23514"),
        ("UPDATE goals SET current = target, progress = 100", "23514"),
        ("UPDATE goals SET status = 'REACHED', ended_at = now()", "23514"),
        ("UPDATE goals SET status = 'ABANDONED'", "23514"),
        ("UPDATE goals SET status = 'LOST', ended_at = now()", "23514"),
        ("UPDATE goals SET member_id = gen_random_uuid()", "42501"),
        ("UPDATE goals SET member_coach_id = NULL", "42501"),
        ("UPDATE goals SET added_by_user_id = gen_random_uuid()", "42501"),
        ("UPDATE goal_updates SET value = 3", "42501"),
        ("UPDATE goal_updates SET recorded_at = now()", "42501"),
        ("UPDATE goal_updates SET member_coach_id = NULL", "42501"),
        ("UPDATE goal_updates SET withdrawn_at = recorded_at + interval '25 hours'", "42501"),
        (
            "INSERT INTO goal_updates SELECT (jsonb_populate_record(u, '{\"number\": 0}')).* FROM goal_updates u",
            "23514",
        ),
        ("UPDATE milestones SET member_coach_id = NULL", "42501"),
        ("UPDATE milestones SET goal_id = gen_random_uuid()", "42501"),
        ("UPDATE milestones SET position = 21", "23514"),
        ("UPDATE milestones SET update_number = 1", "23514"),
        ("UPDATE milestones SET reached_at = now(), update_number = 1", "23514"),
        ("UPDATE milestones SET reached_at = now(), target_value = 1", "23514"),
        ("UPDATE milestones SET reached_at = now(), target_value = 1, update_number = 2", "23503"),
    ],
)
async def test_what_follows_and_what_stays_is_so_for_the_system_too(
    people: tuple[Practice, Person, Person], statement: str, state: str
) -> None:
    async with people[0].as_system() as db:
        assert await refused_with(db, statement) == state


@pytest.mark.parametrize(
    ("before", "statement", "is_refused"),
    [
        (ENDED, "UPDATE goals SET status = 'ACTIVE', ended_at = NULL", True),
        (ENDED, "UPDATE goals SET title = 'Other'", True),
        (ENDED, "UPDATE goals SET updated_at = now()", False),
        (REACHED, "UPDATE goals SET current = 1, progress = 10, status = 'ABANDONED'", True),
        (
            REACHED,
            "UPDATE goals SET current = 1, progress = 10, status = 'ACTIVE', ended_at = NULL,"
            " updated_at = ended_at + interval '25 hours'",
            True,
        ),
        (
            REACHED,
            "UPDATE goals SET current = 1, progress = 10, status = 'ACTIVE', ended_at = NULL,"
            " updated_at = ended_at + interval '24 hours'",
            False,
        ),
        (BY_HAND, "UPDATE milestones SET title = 'Other'", True),
        (BY_HAND, "UPDATE milestones SET reached_at = NULL, updated_at = reached_at + interval '25 hours'", True),
        (BY_HAND, "UPDATE milestones SET reached_at = NULL, updated_at = reached_at + interval '24 hours'", False),
        (BY_HAND, "UPDATE milestones SET position = 3", False),
        (BY_HAND, "DELETE FROM milestones", True),
        ("SELECT 1", "DELETE FROM milestones", False),
        ("UPDATE goal_updates SET withdrawn_at = recorded_at", "UPDATE goal_updates SET withdrawn_at = NULL", True),
    ],
)
async def test_what_is_over_or_reached_stays_so_but_for_its_day(
    people: tuple[Practice, Person, Person], before: str, statement: str, is_refused: bool
) -> None:
    practice, _, member = people
    async with practice.as_actor(member.actor) as db:
        await db.execute(text(before))
        assert await refused_with(db, statement) == ("42501" if is_refused else None)
        await db.rollback()


WITHDRAWN = "UPDATE goal_updates SET withdrawn_at = recorded_at"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE goals SET current = 2, progress = 20",
        WITHDRAWN,
        "INSERT INTO goal_updates SELECT (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid(),"
        " 'number', 2, 'value', 3))).* FROM goal_updates u",
    ],
)
async def test_a_goal_stands_at_its_newest_value_at_every_commit(
    people: tuple[Practice, Person, Person], statement: str
) -> None:
    practice, _, member = people
    async with practice.as_actor(member.actor) as db:
        await db.execute(text(statement))
        with pytest.raises(IntegrityError) as refused:
            await db.commit()

    assert violated_constraint(refused.value) == "goals_current_is_newest"


async def test_a_goal_without_a_value_stands_at_its_baseline(people: tuple[Practice, Person, Person]) -> None:
    practice, _, member = people
    async with practice.as_actor(member.actor) as db:
        for statement in (WITHDRAWN, "UPDATE goals SET current = 0, progress = 0", "SET CONSTRAINTS ALL IMMEDIATE"):
            await db.execute(text(statement))
        await db.rollback()


async def test_a_member_has_at_most_50_goals_at_a_time(people: tuple[Practice, Person, Person]) -> None:
    practice, coach, member = people
    for who in (coach, member):
        async with practice.as_actor(who.actor) as db:
            assert await refused_with(db, TWIN, count=49) is None
            assert await refused_with(db, TWIN, count=50) == "23514"


async def test_nobody_sets_a_goal_or_records_a_value_in_anothers_name(people: tuple[Practice, Person, Person]) -> None:
    practice, coach, member = people
    others: dict[str, Any] = {"member": str(member.user.id)}
    twin = (
        "INSERT INTO goals SELECT (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid()))).*"
        " FROM goals g"
    )
    value = (
        "INSERT INTO goal_updates SELECT (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid(),"
        " 'number', 2))).* FROM goal_updates u WHERE u.recorded_by_user_id = CAST(:member AS uuid)"
    )
    async with practice.as_actor(coach.actor) as db:
        assert await refused_with(db, twin) == "42501"
        assert await refused_with(db, value, **others) == "42501"
    async with practice.as_actor(member.actor) as db:
        assert await refused_with(db, value, **others) is None
