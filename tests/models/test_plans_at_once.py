"""What the schema holds of plans when several write to one at the same time, without the turns that the code takes."""

import asyncio
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.platform.database import lost_a_race, violated_constraint
from app.wire.relay import parse_key
from tests.operations import add_window, booked, planned
from tests.practice import Practice

ITEM = text(
    "INSERT INTO plan_items (id, plan_id, rank, title, created_at, updated_at)"
    " VALUES (gen_random_uuid(), :plan, :rank, 'A', now(), now())"
)
SHARE = text("UPDATE session_plans SET is_shared = true, shared_at = now() WHERE id = :plan")
MOVE = text("UPDATE plan_items SET rank = 'zz' WHERE plan_id = :plan AND title = :title")


async def a_plan(practice: Practice, *titles: str) -> UUID:
    coach = await practice.coach()
    await add_window(practice, coach)
    session = await booked(practice, await practice.member(coach), coach, "2026-03-02T09:00:00Z")
    plan = await planned(practice, coach, session, *titles)
    return parse_key(plan["id"], "SessionPlan", "id")


async def test_a_plan_that_is_shared_while_an_item_comes_shares_that_item_too(practice: Practice) -> None:
    plan = await a_plan(practice, "First")

    async def share() -> None:
        async with practice.as_system() as db:
            await db.execute(SHARE, {"plan": plan})

    async with practice.as_system() as db:
        await db.execute(ITEM, {"plan": plan, "rank": "z"})
        sharing = asyncio.create_task(share())
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE session_pl%'"
        )
        while not (await practice.rows(waiting))[0][0]:
            assert not sharing.done(), "it did not wait for the item"
    await sharing

    assert await practice.rows("SELECT is_shared, count(*) FROM plan_items GROUP BY 1") == [(True, 2)]


async def test_items_that_come_at_once_are_no_more_than_there_may_be(practice: Practice) -> None:
    plan = await a_plan(practice)
    async with practice.as_system() as db:
        await db.execute(ITEM, [{"plan": plan, "rank": f"{number}i"} for number in range(97)])

    async def refusal(number: int) -> str | None:
        try:
            async with practice.as_system() as db:
                await db.execute(ITEM, {"plan": plan, "rank": f"z{number}i"})
        except IntegrityError as refused:
            return violated_constraint(refused)
        return None

    refusals = await asyncio.gather(*(refusal(number) for number in range(8)))

    assert sorted(map(str, refusals)) == ["None"] * 3 + ["plan_items_at_most"] * 5


async def test_two_items_that_move_to_one_place_at_once_do_not_both_get_there(practice: Practice) -> None:
    plan = await a_plan(practice, "A", "B", "C")

    async def is_refused(title: str) -> bool:
        """The constraint can be deferred, so each is written before any is looked at: two may wait for each other."""
        try:
            async with practice.as_system() as db:
                await db.execute(MOVE, {"plan": plan, "title": title})
        except DBAPIError as refused:
            if lost_a_race(refused):
                return True
            raise
        return False

    refusals = await asyncio.gather(*(is_refused(title) for title in "ABC"))

    assert sorted(refusals) == [False, True, True]
    assert await practice.count("plan_items") == 3
