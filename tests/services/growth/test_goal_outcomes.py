"""Outcome tracking (000): what becomes of the goals of a member, and of all members of a coach."""

from datetime import UTC, datetime
from typing import Any

from tests.goals import ABANDON_GOAL, GOALS, OUTCOMES, goal_of, recorded
from tests.operations import nodes, transferred
from tests.practice import Person, Practice
from tests.statements import statements

NONE = {
    "active": 0,
    "reached": 0,
    "reachedInTime": 0,
    "abandoned": 0,
    "overdue": 0,
    "reachedPercent": None,
    "meanProgress": None,
}


async def outcomes(practice: Practice, who: Person, **whose: str) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(OUTCOMES, who, **whose)
    return answer


async def test_outcomes_count_what_was_reached_of_what_has_ended_and_how_far_the_others_are(practice: Practice) -> None:
    coach = await practice.coach()
    member, second = await practice.members(2, coach)
    assert await outcomes(practice, member) == NONE
    for value in ("2.5", "4", "10"):
        await recorded(practice, member, await goal_of(practice, member), value)
    late = await goal_of(practice, member, targetDate="2026-03-02")
    overdue = await goal_of(practice, coach, memberId=member.id, targetDate="2026-03-03")
    given_up = await goal_of(practice, second)
    await practice.ask(ABANDON_GOAL, second, input={"id": given_up["id"], "expectedVersion": 1})
    practice.clock.move(days=2)
    await recorded(practice, member, late, "11")

    of_member = NONE | {
        "active": 3,
        "reached": 2,
        "reachedInTime": 1,
        "overdue": 1,
        "reachedPercent": "100.0",
        "meanProgress": "21.7",
    }
    assert await outcomes(practice, member) == of_member
    assert await outcomes(practice, coach, memberId=member.id) == of_member
    of_coach = of_member | {"abandoned": 1, "reachedPercent": "66.7"}
    assert await outcomes(practice, coach) == of_coach
    assert await outcomes(practice, await practice.admin(), coachId=coach.id) == of_coach
    assert [goal["id"] for goal in await nodes(practice, GOALS, coach, filter={"isOverdue": True})] == [overdue["id"]]
    assert len(await nodes(practice, GOALS, coach, filter={"isOverdue": False})) == 5


async def test_a_day_ends_where_the_member_is(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await practice.rows(
        "UPDATE users SET time_zone = 'America/New_York' WHERE id = :id RETURNING id", id=member.user.id
    )
    await goal_of(practice, member, targetDate="2026-03-08")
    reached = await goal_of(practice, member, targetDate="2026-03-08")

    # That day clocks go forward there: it has 23 hours, and ends at 04:00 UTC.
    practice.clock.now = datetime(2026, 3, 9, 3, 59, tzinfo=UTC)
    assert (await outcomes(practice, coach))["overdue"] == 0
    await recorded(practice, member, reached, "10")
    practice.clock.now = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
    assert await outcomes(practice, coach) == NONE | {
        "active": 1,
        "reached": 1,
        "reachedInTime": 1,
        "overdue": 1,
        "reachedPercent": "100.0",
        "meanProgress": "0.0",
    }


async def test_whose_outcomes_one_may_ask_for(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    admin = await practice.admin()
    for who, whose in (
        (other, {"memberId": member.id}),
        (other, {"coachId": coach.id}),
        (member, {"coachId": coach.id}),
        (await practice.member(coach), {"memberId": member.id}),
    ):
        assert (await practice.refusal(OUTCOMES, who, **whose))["code"] == "FORBIDDEN"
    for whose, field in (({}, "memberId"), ({"memberId": member.id, "coachId": coach.id}, "coachId")):
        refused = await practice.refusal(OUTCOMES, admin, **whose)
        assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", field)


async def test_after_a_transfer_outcomes_are_the_new_coachs(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await recorded(practice, member, await goal_of(practice, member), "10")

    await transferred(practice, member, new)

    assert await outcomes(practice, old) == NONE
    assert (await outcomes(practice, new))["reached"] == 1


async def test_outcomes_take_as_many_statements_however_many_goals_there_are(practice: Practice) -> None:
    coach = await practice.coach()
    costs = []
    for _ in range(2):
        member = await practice.member(coach)
        for _ in range(3):
            await goal_of(practice, member)
        with statements(practice.house.database.engine) as sent:
            await outcomes(practice, coach)
        costs.append(len(sent))

    assert costs[0] == costs[1]
