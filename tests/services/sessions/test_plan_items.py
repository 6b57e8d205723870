"""The items of a plan: their order, moving one alone, and many hands at once."""

import asyncio
from typing import Any

import pytest

from app.models.sessions.plans import LONGEST_RANK, MOST_ITEMS
from app.wire.relay import parse_key
from tests.operations import (
    ADD_ITEM,
    CREATE_PLAN,
    PROBLEM,
    SHARE_PLAN,
    add_window,
    booked,
    nothing_written,
    planned,
)
from tests.practice import Person, Practice

NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
MOVE = (
    "mutation ($input: MovePlanItemInput!) { movePlanItem(input: $input) { __typename ... on PlanItem { title plan {"
    f" items {{ title }} }} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
UPDATE = (
    "mutation ($input: UpdatePlanItemInput!) { updatePlanItem(input: $input) { __typename ... on PlanItem { title"
    f" description minutes updatedAt }} {PROBLEM} }} }}"
)
REMOVE = (
    "mutation ($input: RemovePlanItemInput!) { removePlanItem(input: $input) {"
    f" ... on Removed {{ id }} {PROBLEM} }} }}"
)
NODE = "query ($id: ID!) { node(id: $id) { ... on PlanItem { title } ... on SessionPlan { items { title } } } }"


async def plan_of(practice: Practice, *titles: str) -> tuple[Person, Person, dict[str, Any]]:
    """A coach, a member, and the plan of their session."""
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    return coach, member, await planned(practice, coach, await booked(practice, member, coach, NINE), *titles)


async def order(practice: Practice, who: Person, plan: dict[str, Any]) -> str:
    return "".join(item["title"] for item in (await practice.ask(NODE, who, id=plan["id"]))["items"])


async def move(practice: Practice, who: Person, item: str, after: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(MOVE, who, input={"itemId": item, "afterItemId": after})
    return answer


def ids(plan: dict[str, Any]) -> dict[str, str]:
    return {item["title"]: item["id"] for item in plan["items"]}


async def ranks(practice: Practice, plan: dict[str, Any]) -> dict[str, str]:
    key = parse_key(plan["id"], "SessionPlan", "id")
    return dict(await practice.rows("SELECT title, rank FROM plan_items WHERE plan_id = :id ORDER BY rank", id=key))


async def test_an_item_is_added_at_the_end_at_the_beginning_or_behind_another(practice: Practice) -> None:
    coach, _, plan = await plan_of(practice, "A", "B")
    more = [{"title": "C"}, {"title": "D", "afterItemId": None}, {"title": "E", "afterItemId": ids(plan)["A"]}]

    for given in more:
        added = await practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], **given})
        assert added["title"] == given["title"]

    assert await order(practice, coach, plan) == "DAEBC"


async def test_an_item_has_a_title_and_perhaps_a_description_and_minutes(practice: Practice) -> None:
    coach, _, plan = await plan_of(practice)
    given = {"title": " Breathe ", "description": "In and out", "minutes": 5}

    added = await practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], **given})
    practice.clock.move(minutes=1)
    changed = await practice.ask(UPDATE, coach, input={"id": added["id"], "minutes": None, "title": "Sit"})

    assert (added["title"], added["description"], added["minutes"]) == ("Breathe", "In and out", 5)
    assert (changed["title"], changed["description"], changed["minutes"]) == ("Sit", "In and out", None)
    assert changed["updatedAt"] == "2026-03-02T08:01:00Z"


@pytest.mark.parametrize(
    ("item", "after", "expected"),
    [("A", "C", "BCAD"), ("D", None, "DABC"), ("D", "A", "ADBC"), ("A", "D", "BCDA"), ("B", "A", "ABCD")],
)
async def test_an_item_moves_behind_another_or_to_the_beginning(
    practice: Practice, item: str, after: str | None, expected: str
) -> None:
    coach, _, plan = await plan_of(practice, *"ABCD")
    before = await ranks(practice, plan)

    moved = await move(practice, coach, ids(plan)[item], ids(plan)[after] if after else None)

    assert "".join(each["title"] for each in moved["plan"]["items"]) == expected
    after_it = await ranks(practice, plan)
    assert {title: rank for title, rank in after_it.items() if title != item} == {
        title: rank for title, rank in before.items() if title != item
    }, "no other row is touched"


async def test_an_item_moves_only_behind_another_one_of_its_plan(practice: Practice) -> None:
    coach, member, plan = await plan_of(practice, "A", "B")
    other = await planned(practice, coach, await booked(practice, member, coach, TEN), "X")

    async with nothing_written(practice):
        refused = [await move(practice, coach, ids(plan)["A"], after) for after in (ids(other)["X"], ids(plan)["A"])]

    assert [(each["code"], each["field"]) for each in refused] == [("INVALID_INPUT", "afterItemId")] * 2


async def test_a_removed_item_is_gone(practice: Practice) -> None:
    coach, _, plan = await plan_of(practice, *"ABC")

    removed = await practice.ask(REMOVE, coach, input={"id": ids(plan)["B"]})

    assert removed == {"id": ids(plan)["B"]}
    assert await order(practice, coach, plan) == "AC"
    assert await practice.refusal(NODE, coach, id=ids(plan)["B"]) == FORBIDDEN


async def test_movers_at_once_lose_no_item_and_give_no_two_the_same_place(practice: Practice) -> None:
    coach, _, plan = await plan_of(practice, *"ABCDEFGH")
    of, admin = ids(plan), await practice.admin()

    answers = await asyncio.gather(
        *(move(practice, who, of[item], of["A"]) for item in "BCDEFGH" for who in (coach, admin)),
        *(practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], "title": title}) for title in "IJ"),
        practice.ask(REMOVE, coach, input={"id": of["A"]}),
    )

    assert {each.get("__typename", "Removed") for each in answers} <= {"PlanItem", "Removed", "InvalidInput"}
    found = await ranks(practice, plan)
    assert sorted(found) == list("BCDEFGHIJ")
    assert len(set(found.values())) == 9


async def test_a_gap_that_is_used_up_spreads_the_items_again_in_the_same_order(practice: Practice) -> None:
    coach, _, plan = await plan_of(practice, *"ABCD")
    of = ids(plan)
    tight = {"A": "1" * LONGEST_RANK, "B": "1" * (LONGEST_RANK - 1) + "2", "C": "1" * (LONGEST_RANK - 1) + "3"}
    for title, rank in tight.items():
        await practice.rows("UPDATE plan_items SET rank = :r WHERE title = :t RETURNING id", r=rank, t=title)

    await move(practice, coach, of["D"], of["A"])

    assert await order(practice, coach, plan) == "ADBC"
    assert max(map(len, (await ranks(practice, plan)).values())) <= 2
    for title, rank in tight.items():
        await practice.rows("UPDATE plan_items SET rank = :r WHERE title = :t RETURNING id", r=rank, t=title)
    await practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], "title": "E", "afterItemId": of["B"]})
    assert await order(practice, coach, plan) == "ABECD"


async def test_a_plan_has_at_most_100_items(practice: Practice) -> None:
    coach, member, plan = await plan_of(practice, *(f"{number}," for number in range(MOST_ITEMS - 3)))

    answers = await asyncio.gather(
        *(practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], "title": "More"}) for _ in range(6))
    )
    again = await booked(practice, member, coach, TEN)
    copied = await practice.ask(CREATE_PLAN, coach, input={"sessionId": again, "fromSessionId": plan["session"]["id"]})

    assert sorted(each["__typename"] for each in answers) == ["PlanFull"] * 3 + ["PlanItem"] * 3
    assert await practice.count("plan_items") == 2 * MOST_ITEMS
    assert len(copied["items"]) == MOST_ITEMS


async def test_items_are_written_by_the_coach_of_the_session_and_admins(practice: Practice) -> None:
    coach, member, plan = await plan_of(practice, "A")
    await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
    other, item = await practice.coach(), ids(plan)["A"]
    asked = [
        (ADD_ITEM, {"planId": plan["id"], "title": "B"}),
        (UPDATE, {"id": item, "title": "B"}),
        (MOVE, {"itemId": item}),
        (REMOVE, {"id": item}),
    ]

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(query, who, input=given) for query, given in asked for who in (member, other)
        ]

    assert refusals == [FORBIDDEN] * 8
    for query, given in asked:
        assert "code" not in await practice.ask(query, await practice.admin(), input=given)


async def test_an_item_is_seen_as_its_plan_is(practice: Practice) -> None:
    coach, member, plan = await plan_of(practice, "A")
    item = ids(plan)["A"]

    hidden = await practice.refusal(NODE, member, id=item)
    await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
    later = await practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], "title": "B"})

    assert hidden == FORBIDDEN
    assert [(await practice.ask(NODE, member, id=each))["title"] for each in (item, later["id"])] == ["A", "B"]
    assert await practice.refusal(NODE, await practice.member(coach), id=item) == FORBIDDEN
