"""Whatever can be asked of the schema, to its last field: what is of others is in no answer, nor are their names."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_union_type,
)

from app.api import schema
from app.platform.settings import Settings
from app.wire.relay import global_id
from tests.assessing import told_in_words
from tests.goals import goals_made_in
from tests.growing import balanced, entered
from tests.holding import held, joined
from tests.house import access_notifications
from tests.interventions import practised
from tests.messaging import message_hook, message_template, sent
from tests.operations import (
    ADD_NOTE_TEMPLATE,
    AVAILABLE,
    EXPLAIN,
    SHARE_PLAN,
    add_window,
    booked,
    completed,
    noted,
    planned,
    rated,
    template,
)
from tests.practice import MovableClock, Person, Practice
from tests.recommending import said_of_one
from tests.risks import RESOLVE, assessed
from tests.scoring import risen

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
# Whose it is, in every text and name that they have a part in.
CANARY = "Kanarienvogel"
DEPTH = 3
NODES = {
    "ActionItem": "action_items",
    "Assessment": "assessments",
    "Assignment": "assignments",
    "Booking": "bookings",
    "Intervention": "interventions",
    "Breakthrough": "breakthroughs",
    "CoherenceScore": "coherence_scores",
    "Goal": "goals",
    "GoalUpdate": "goal_updates",
    "Milestone": "milestones",
    "ElementalBalance": "elemental_balances",
    "JournalEntry": "journal_entries",
    "Member": "members",
    "MemberIntervention": "member_interventions",
    "PlanItem": "plan_items",
    "PlanTemplate": "plan_templates",
    "Recommendation": "recommendations",
    "Session": "sessions",
    "SessionPlan": "session_plans",
    "SessionSeries": "session_series",
    "NoteTemplate": "note_templates",
    "Communication": "communications",
    "MessageHook": "message_hooks",
    "MessageTemplate": "message_templates",
    "Notification": "notifications",
    "RiskAlert": "risk_alerts",
    "RiskAssessment": "risk_assessments",
    "SessionNote": "session_notes",
    "SlotHold": "slot_holds",
    "User": "users",
    "WaitingListEntry": "waiting_list_entries",
}
SERIES = "mutation ($input: BookSeriesInput!) { bookSeries(input: $input) { __typename ... on SessionSeries { id } } }"


def selection(type_: GraphQLOutputType, depth: int = DEPTH) -> str:
    """Every field that needs no argument, so deep."""
    named = get_named_type(type_)
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType), named
    return "{ __typename " + " ".join(_fields(named.fields, depth)) + " }"


def _fields(fields: dict[str, GraphQLField], depth: int) -> Iterator[str]:
    for name, field in fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(get_named_type(field.type)):
            yield name
        elif depth > 0 and not is_union_type(get_named_type(field.type)):
            yield f"{name} {selection(field.type, depth - 1)}"


def queries() -> Iterator[str]:
    """Each root field that needs no argument."""
    root = schema._schema.query_type
    assert root is not None
    for one in _fields(root.fields, DEPTH + 1):
        if not one.startswith(("_", "node")):
            yield f"{{ {one} }}"


def node_query(type_name: str) -> str:
    type_ = schema._schema.type_map[type_name]
    return f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {selection(type_)} }} }}"  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def lived(settings: Settings) -> AsyncIterator[tuple[Practice, dict[str, Person]]]:
    """Somebody who has had a part in everything, beside somebody in the very same slots."""
    async with Practice.opened(settings, MovableClock()) as practice:
        yield practice, await _lived(practice)


async def _lived(practice: Practice) -> dict[str, Person]:
    one, other = await practice.coach(booking_audience="PUBLIC"), await practice.coach()
    for coach in (one, other):
        await add_window(practice, coach, seats=3)
    watched = await practice.member(one, first_name=CANARY, last_name=CANARY, phone=CANARY, goals=[CANARY])
    beside, foreign = await practice.member(one), await practice.member(other)
    filler = await practice.members(4, one)
    session = await booked(practice, watched, one, NINE, note=CANARY)
    series = {"coachId": one.id, "startsAt": "2026-03-09T09:00:00Z", "everyWeeks": 1, "occurrences": 2}
    for member in (watched, beside):
        made = await practice.ask(SERIES, member, input={**series, "note": CANARY if member is watched else "Mine"})
        assert made["__typename"] == "SessionSeries", made
    his = await booked(practice, beside, one, NINE, format="GROUP")
    for member in filler[:3]:
        await booked(practice, member, one, TEN)
    for member in (watched, beside):
        await joined(practice, member, one, TEN)
        await held(practice, member, one, ELEVEN)
    plan = await planned(practice, one, session, CANARY)
    await practice.ask(SHARE_PLAN, one, input={"id": plan["id"]})
    await planned(practice, one, his, "Mine")
    await template(practice, one, CANARY, CANARY)
    await practice.ask(ADD_NOTE_TEMPLATE, one, input={"name": CANARY, "headings": [CANARY]})
    await message_template(practice, one, CANARY, CANARY)
    await message_hook(practice, one, CANARY)
    await sent(practice, one, watched, CANARY, channel="EMAIL")
    await said_of_one(practice, one, watched, CANARY)
    await practised(practice, one, watched, CANARY, session)
    await access_notifications.made_in(practice, watched)
    await told_in_words(practice, one, watched, CANARY)
    await risen(practice, watched)
    await goals_made_in(practice, one, watched, title=CANARY, relevant=CANARY)
    risk = await assessed(practice, one, watched, notes=CANARY)
    await practice.ask(RESOLVE, one, input={"id": risk["alert"]["id"], "note": CANARY})
    await balanced(practice, one, watched)
    for is_shared in (False, True):
        await entered(practice, watched, CANARY, title=CANARY, isShared=is_shared)
    sections = [{"heading": CANARY, "text": CANARY}]
    for author in (one, watched):
        await noted(practice, author, session, sections=sections)
    for each, member in ((session, watched), (his, beside)):
        await rated(practice, member, await completed(practice, each), 5, comment=CANARY if member is watched else "-")
    return {"one": one, "other": other, "watched": watched, "beside": beside, "foreign": foreign}


def found_in(answer: dict[str, Any], *ids: str) -> bool:
    told = orjson.dumps(answer).decode()
    return any(word in told for word in (CANARY, *ids))


async def ids(practice: Practice, watched: Person) -> list[tuple[str, str]]:
    """All that is of the watched one."""
    assert watched.member is not None
    values = {"member": watched.member.id, "user": watched.user.id}
    found = []
    for type_name, table in NODES.items():
        of_users = {"members": "id = :member", "users": "id = :user", "notifications": "user_id = :user"}
        whose = of_users.get(table, "member_id = :member")
        if table.endswith(("templates", "hooks")) or table == "interventions":
            whose = "true"
        used = {name: value for name, value in values.items() if f":{name}" in whose}
        rows = await practice.rows(f"SELECT id FROM {table} WHERE {whose}", **used)
        assert rows, table
        found += [(type_name, global_id(type_name, row[0])) for row in rows]
    return found


@pytest.mark.parametrize("who", ["stranger", "beside", "foreign", "other"])
async def test_what_is_of_somebody_else_is_in_no_answer(lived: tuple[Practice, dict[str, Person]], who: str) -> None:
    practice, people = lived
    asker = people.get(who)

    hidden = await ids(practice, people["watched"])
    foreign_ids = [id_ for _, id_ in hidden]
    for query in queries():
        assert not found_in(await practice.execute(query, asker), *foreign_ids), query
    day = {"coachId": people["one"].id, "from": "2026-03-02T00:00:00Z", "to": "2026-03-10T00:00:00Z"}
    answers = [await practice.execute(AVAILABLE, asker, **day)]
    asked = {"coachId": people["one"].id}
    answers += [await practice.execute(EXPLAIN, asker, **asked, startsAt=each) for each in (NINE, TEN, ELEVEN)]
    for answer in answers:
        assert "errors" not in answer
        assert not found_in(answer, *foreign_ids)
    for type_name, id_ in hidden:
        answer = await practice.execute(node_query(type_name), asker, id=id_)
        assert not found_in(answer), type_name
        assert answer["data"]["node"] is None, type_name
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == ("UNAUTHENTICATED" if asker is None else "FORBIDDEN"), (type_name, error)


async def test_the_questions_reach_what_is_there(lived: tuple[Practice, dict[str, Person]]) -> None:
    practice, people = lived

    for who in ("watched", "one"):
        answers = [await practice.execute(query, people[who]) for query in queries()]
        assert sum(found_in(answer) for answer in answers) >= 4, who
    for type_name, id_ in await ids(practice, people["watched"]):
        reader = people["watched" if type_name in {"JournalEntry", "Notification"} else "one"]
        answer = await practice.execute(node_query(type_name), reader, id=id_)
        assert "errors" not in answer, (type_name, answer)
        assert answer["data"]["node"] is not None


@pytest.mark.parametrize("type_name", ["SessionSeries", "SlotHold", "WaitingListEntry", "Session", "SessionPlan"])
async def test_who_may_read_no_sessions_reads_nothing_of_them_by_their_ids(
    lived: tuple[Practice, dict[str, Person]], type_name: str
) -> None:
    practice, people = lived
    watched = people["watched"]
    found = [id_ for name, id_ in await ids(practice, watched) if name == type_name]
    restricted = replace(watched, actor=replace(watched.actor, permissions=_all_but(watched, "sessions:read")))

    for id_ in found:
        assert (await practice.execute(node_query(type_name), watched, id=id_))["data"]["node"] is not None
        assert (await practice.refusal(node_query(type_name), restricted, id=id_))["code"] == "FORBIDDEN"


async def test_who_may_read_no_sessions_reads_none_through_a_note_or_a_line(
    lived: tuple[Practice, dict[str, Person]],
) -> None:
    practice, people = lived
    watched = people["watched"]
    restricted = replace(watched, actor=replace(watched.actor, permissions=_all_but(watched, "sessions:read")))
    note = next(id_ for name, id_ in await ids(practice, watched) if name == "SessionNote")
    query = "query ($id: ID!) { node(id: $id) { ... on SessionNote { session { id } } } }"

    assert (await practice.ask(query, watched, id=note))["session"] is not None
    assert (await practice.ask(query, restricted, id=note))["session"] is None
    (error,) = await practice.subscribe("subscription { waitingListOffer { isSnapshot } }", restricted)
    assert error["extensions"]["code"] == "FORBIDDEN"


def _all_but(person: Person, permission: str) -> frozenset[str]:
    return frozenset(person.actor.permissions - {permission})
