"""What tests ask of interventions and action items."""

import json
from itertools import count
from pathlib import Path
from typing import Any

from tests.practice import Person, Practice

LIBRARY_FILE = Path(__file__).parents[1] / "migrations" / "versions" / "0018_interventions.json"

_PROBLEM = "__typename ... on Problem { code message } ... on InvalidInput { field }"
INTERVENTION = (
    "id slug: code name dimension element difficulty timeMinutes description steps successMeasures resources isActive"
    " isOfLibrary"
)
GIVEN = (
    "id name steps status progressPercent assignedAt dueDate startedAt completedAt effectivenessRating ratedAt feedback"
    " coachNote intervention { id } member { id }"
)
ITEM = (
    "id title description dueDate status startedAt completedAt isAddedByMember version session { id }"
    " memberIntervention { id } member { id }"
)


def _mutation(name: str, shown: str, type_name: str, more: str = "") -> str:
    """`more` is what one of its problems has besides."""
    kind, wanted = f"{name[0].upper()}{name[1:]}Input", f"{_PROBLEM} ... on {type_name} {{ {shown} }} {more}"
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {wanted} }} }}"


ADD_INTERVENTION = _mutation("addIntervention", INTERVENTION, "Intervention")
UPDATE_INTERVENTION = _mutation("updateIntervention", INTERVENTION, "Intervention")
ASSIGN = _mutation("assignIntervention", GIVEN, "MemberIntervention")
PROGRESS = _mutation(
    "updateInterventionProgress", GIVEN, "MemberIntervention", "... on InterventionIsOver { now: status }"
)
RATE = _mutation("rateIntervention", GIVEN, "MemberIntervention", "... on InterventionNotCompleted { now: status }")
WRITE_NOTE = _mutation("writeInterventionNote", GIVEN, "MemberIntervention")
ADD_ITEM = _mutation("addActionItem", ITEM, "ActionItem")
UPDATE_ITEM = _mutation("updateActionItem", ITEM, "ActionItem", "... on VersionConflict { currentVersion }")
COMPLETE_ITEM = _mutation("completeActionItem", ITEM, "ActionItem")
REOPEN_ITEM = _mutation("reopenActionItem", ITEM, "ActionItem")
REMOVE_ITEM = _mutation("removeActionItem", "id", "Removed")

INTERVENTIONS = (
    "query ($filter: InterventionFilter, $first: Int, $after: String) { interventions(filter: $filter, first: $first,"
    f" after: $after) {{ edges {{ node {{ {INTERVENTION} }} }} pageInfo {{ endCursor hasNextPage }} }} }}"
)
MEMBER_INTERVENTIONS = (
    "query ($memberId: ID, $status: InterventionStatus, $first: Int) { memberInterventions(memberId: $memberId,"
    f" status: $status, first: $first) {{ edges {{ node {{ {GIVEN} }} }} }} }}"
)
ACTION_ITEMS = (
    "query ($filter: ActionItemFilter, $first: Int, $after: String) { actionItems(filter: $filter, first: $first,"
    f" after: $after) {{ edges {{ node {{ {ITEM} }} }} pageInfo {{ endCursor hasNextPage }} }} }}"
)

_NUMBERS = count(1)


def an_intervention(**changes: Any) -> dict[str, Any]:
    """An input that would do, with a name of its own."""
    return {
        "name": f"An exercise {next(_NUMBERS)}",
        "dimension": "Q",
        "difficulty": "EASY",
        "timeMinutes": 10,
        "description": "Something to practise.",
        "steps": ["Begin", "Go on"],
        **changes,
    }


def nodes(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in page["edges"]]


async def add_library(practice: Practice) -> None:
    """What a practice begins with; a test begins without it."""
    async with practice.as_system() as db:
        await (await db.connection()).exec_driver_sql(
            "INSERT INTO interventions (id, code, name, dimension, element, difficulty, time_minutes, description,"
            " steps, success_measures, resources, is_active, created_at, updated_at)"
            " SELECT gen_random_uuid(), code, name, dimension, element, difficulty, time_minutes, description, steps,"
            " success_measures, resources, true, now(), now() FROM jsonb_populate_recordset(NULL::interventions, $1)",
            (LIBRARY_FILE.read_text(),),
        )


def library() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(LIBRARY_FILE.read_text())
    return found


async def made(practice: Practice, who: Person, **changes: Any) -> str:
    """A coach's own, or the library's if an admin makes it."""
    added = await practice.ask(ADD_INTERVENTION, who, input=an_intervention(**changes))
    assert added["__typename"] == "Intervention", added
    return str(added["id"])


async def given(practice: Practice, coach: Person, member: Person, **changes: Any) -> dict[str, Any]:
    """An intervention of the coach's own, unless another is named."""
    wanted = {"memberId": member.id, **changes}
    if "interventionId" not in wanted:
        wanted["interventionId"] = await made(practice, coach)
    assigned: dict[str, Any] = await practice.ask(ASSIGN, coach, input=wanted)
    assert assigned["__typename"] == "MemberIntervention", assigned
    return assigned


async def done(practice: Practice, coach: Person, member: Person) -> str:
    """One that the member has completed."""
    key = str((await given(practice, coach, member))["id"])
    await practice.ask(PROGRESS, member, input={"id": key, "status": "COMPLETED"})
    return key


async def item(practice: Practice, who: Person, member: Person | None = None, **changes: Any) -> dict[str, Any]:
    """For oneself, unless a member is named."""
    wanted = {"title": "Something to do", **changes} | ({"memberId": member.id} if member else {})
    added: dict[str, Any] = await practice.ask(ADD_ITEM, who, input=wanted)
    assert added["__typename"] == "ActionItem", added
    return added


async def interventions_of(practice: Practice, coach: Person, member: Person) -> dict[str, str]:
    """Ids by type; the intervention is not the one that the member was given."""
    return {
        "Intervention": await made(practice, coach),
        "MemberIntervention": (await given(practice, coach, member))["id"],
        "ActionItem": (await item(practice, coach, member))["id"],
    }


async def practised(practice: Practice, coach: Person, member: Person, words: str, session: str) -> None:
    """Somebody's words in all that can be said of an intervention and an action item."""
    own = await made(practice, coach, name=words, description=words, steps=[words])
    key = (await given(practice, coach, member, interventionId=own))["id"]
    await practice.ask(PROGRESS, member, input={"id": key, "status": "COMPLETED"})
    await practice.ask(RATE, member, input={"id": key, "rating": 5, "feedback": words})
    await practice.ask(WRITE_NOTE, coach, input={"id": key, "text": words})
    await item(practice, coach, member, title=words, description=words, sessionId=session, memberInterventionId=key)
