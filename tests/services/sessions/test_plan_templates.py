"""Templates of plans: what every coach has, what a coach makes, and that nobody sees another's."""

import asyncio
from typing import Any

from app.models.sessions.plans import MOST_TEMPLATES
from tests.operations import ADD_PLAN_TEMPLATE, CREATE_PLAN, PROBLEM, add_window, booked, nothing_written, template
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
TEMPLATES = "query ($coachId: ID) { planTemplates(coachId: $coachId) { id name isBuiltIn items { title minutes } } }"
UPDATE = (
    "mutation ($input: UpdatePlanTemplateInput!) { updatePlanTemplate(input: $input) { __typename ... on PlanTemplate {"
    f" name items {{ title }} }} {PROBLEM} }} }}"
)
REMOVE = (
    "mutation ($input: RemovePlanTemplateInput!) { removePlanTemplate(input: $input) {"
    f" ... on Removed {{ id }} {PROBLEM} }} }}"
)
NODE = "query ($id: ID!) { node(id: $id) { ... on PlanTemplate { name } } }"
BUILT_IN = ["INITIAL", "REGULAR", "REVIEW"]


async def names(practice: Practice, who: Person, **variables: Any) -> list[str]:
    return [each["name"] for each in await practice.ask(TEMPLATES, who, **variables)]


async def test_every_coach_has_those_that_are_built_in_before_their_own_by_name(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    for name in ("Walk", "Talk"):
        await template(practice, coach, name)
    await template(practice, other, "Theirs")

    listed = await practice.ask(TEMPLATES, coach)

    assert [(each["name"], each["isBuiltIn"]) for each in listed] == [
        *((name, True) for name in BUILT_IN),
        ("Talk", False),
        ("Walk", False),
    ]
    assert all(each["items"] for each in listed[:3])
    assert await names(practice, other) == [*BUILT_IN, "Theirs"]


async def test_an_admin_says_whose_templates(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    added = await practice.ask(ADD_PLAN_TEMPLATE, admin, input={"name": "Walk", "items": [], "coachId": coach.id})

    assert added["__typename"] == "PlanTemplate"
    assert await names(practice, admin) == BUILT_IN
    assert await names(practice, admin, coachId=coach.id) == await names(practice, coach) == [*BUILT_IN, "Walk"]


async def test_nobody_lists_another_coachs_templates_and_members_none(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)

    refusals = [
        await practice.refusal(TEMPLATES, other, coachId=coach.id),
        await practice.refusal(TEMPLATES, member),
        await practice.refusal(TEMPLATES, member, coachId=coach.id),
    ]

    assert refusals == [FORBIDDEN] * 3


async def test_a_template_is_written_by_its_coach_and_nobody_elses(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member, admin = await practice.member(coach), await practice.admin()
    built_in = (await practice.ask(TEMPLATES, coach))[0]["id"]
    mine = await template(practice, coach, "Walk", "Left", "Right")

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(query, who, input={"id": each})
            for query in (UPDATE, REMOVE)
            for who, each in ((other, mine), (member, mine), (coach, built_in), (admin, built_in))
        ]
        foreign = await practice.refusal(NODE, other, id=mine)

    assert refusals == [FORBIDDEN] * 8
    assert foreign == FORBIDDEN
    changed = await practice.ask(UPDATE, coach, input={"id": mine, "items": [{"title": "Run"}]})
    assert (changed["name"], changed["items"]) == ("Walk", [{"title": "Run"}])
    assert await practice.ask(REMOVE, coach, input={"id": mine}) == {"id": mine}
    assert await names(practice, coach) == BUILT_IN


async def test_a_template_can_be_fetched_by_its_id(practice: Practice) -> None:
    coach = await practice.coach()
    mine = await template(practice, coach, "Walk")

    listed = await practice.ask(TEMPLATES, coach)

    for each in listed:
        assert (await practice.ask(NODE, coach, id=each["id"]))["name"] == each["name"]
        assert await practice.refusal(NODE, await practice.member(coach), id=each["id"]) == FORBIDDEN
    assert listed[-1]["id"] == mine


async def test_a_plan_is_made_of_a_template_and_stays_when_that_changes(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    sessions = [await booked(practice, member, coach, start) for start in (NINE, TEN, ELEVEN)]
    mine = await template(practice, coach, "Walk", "Left", "Right")
    regular = (await practice.ask(TEMPLATES, coach))[1]

    async def made(session: str, of: str) -> list[str]:
        plan = await practice.ask(CREATE_PLAN, coach, input={"sessionId": session, "templateId": of})
        return [item["title"] for item in plan["items"]]

    assert await made(sessions[0], mine) == ["Left", "Right"]
    assert await made(sessions[1], regular["id"]) == [item["title"] for item in regular["items"]]
    await practice.ask(REMOVE, coach, input={"id": mine})
    gone = await practice.ask(CREATE_PLAN, coach, input={"sessionId": sessions[2], "templateId": mine})
    assert (gone["code"], gone["field"]) == ("INVALID_INPUT", "templateId")
    assert await practice.count("plan_items", "title IN ('Left', 'Right')") == 2


async def test_a_coach_has_at_most_50_templates(practice: Practice) -> None:
    coach = await practice.coach()
    for number in range(MOST_TEMPLATES - 2):
        await template(practice, coach, f"{number}")

    answers = await asyncio.gather(
        *(practice.ask(ADD_PLAN_TEMPLATE, coach, input={"name": "More", "items": []}) for _ in range(5))
    )

    assert sorted(each["__typename"] for each in answers) == ["PlanTemplate"] * 2 + ["TooManyTemplates"] * 3
    assert await practice.count("plan_templates") == MOST_TEMPLATES
