"""Cursors, ids, filters and times of one's own making: a query refuses them by name."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from app.api import schema
from app.wire.relay import global_id
from tests.api.values import BAD_CHOICES, BAD_FLAGS, BAD_IDS, BAD_TIMES, BAD_ZONES, HUGE, NO_TEXT
from tests.api.world import NINE, Try, World, fault, key_of, shown


def listing(name: str, kind: str, wanted: str) -> str:
    return (
        f"query ($first: Int, $after: String, $filter: {kind}Filter) {{ {name}(first: $first, after: $after,"
        f" filter: $filter) {{ edges {{ node {{ {wanted} }} }} pageInfo {{ endCursor }} }} }}"
    )


COACHES = listing("coaches", "Coach", "displayName specialties")
MEMBERS = listing("members", "Member", "firstName")
SESSIONS = listing("sessions", "Session", "id")
ONE_COACH, ONE_MEMBER, ONE_SESSION = (
    f"query ($id: ID!) {{ {name}(id: $id) {{ id }} }}" for name in ("coach", "member", "session")
)
NODE = "query ($id: ID!) { node(id: $id) { id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
NEXT = "query ($coachId: ID!, $after: DateTime) { nextAvailableSlot(coachId: $coachId, after: $after) { id } }"
EXPLAIN = (
    "query ($coachId: ID!, $startsAt: DateTime!) { explainSlot(coachId: $coachId, startsAt: $startsAt) { isBookable } }"
)
AVAILABLE = (
    "query ($coachId: ID!, $from: DateTime!, $to: DateTime!, $zone: TimeZone, $all: Boolean) { availableSlots("
    "coachId: $coachId, from: $from, to: $to, timeZone: $zone, includeUnavailable: $all) { version } }"
)
LISTS = pytest.mark.parametrize("query", [COACHES, MEMBERS, SESSIONS], ids=["coaches", "members", "sessions"])


# Cursors


def sealed(bookmark: str) -> str:
    return urlsafe_b64encode(bookmark.encode()).decode().rstrip("=")


UUID = "01a1fdc8-1d01-77f6-bdd4-cd64e568a470"
BAD_BOOKMARKS = [
    *("", "garbage", "uuid", ">garbage", ">nothing:1", "=", "%", ">\0", ">\r", ">a\rb", '>"', '>"a', ">\n", "\n"),
    *(">i:1", ">i:x", ">s:abc", ">s:\0", ">f:nan", ">f:inf", ">n:NaN", ">n:x", ">b:!", ">t:25:00", ">d:2026-02-30"),
    *(">uuid:1", ">uuid:", f">uuid:{UUID}~uuid:{UUID}~uuid:{UUID}", ">true", ">false", ">dt:x", ">dt:", ">~~"),
    *(">dt:2026-03-02 09:00:00", ">dt:99999999999999999999", f">dt:0001-01-01T00:00:00+23:59~uuid:{UUID}"),
    *(f">i:{10**30}~uuid:{UUID}", f">s:now~uuid:{UUID}", f">i:{'9' * 5_000}", f">s:{'x' * 140_000}"),
    *(f">{'x~' * 70_000}", f">{'x' * 140_000}"),
]
BAD_CURSORS = ["garbage", "%", "é", "\0", "a", "=" * 50, HUGE, "//////", *map(sealed, filter(None, BAD_BOOKMARKS))]


@LISTS
async def test_a_cursor_of_ones_own_making_is_refused(world: World, query: str) -> None:
    tries = [Try(f"{shown(each)} {opened(each)}", {"first": 2, "after": each}, "after") for each in BAD_CURSORS]

    with structlog.testing.capture_logs():
        await world.assert_refused("admin", query, tries)


def opened(cursor: str) -> str:
    try:
        return shown(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        return "not base64"


@LISTS
async def test_a_cursor_that_is_nearly_right_fails_no_other_way(world: World, query: str) -> None:
    rows = f">s:{UUID}", f">dt:2026-03-02T09:00:00~uuid:{UUID}", "<", f"<uuid:{UUID}", ">x", "<x", ">x~x"
    for bookmark in rows:
        with structlog.testing.capture_logs():
            answer = await world.ask("admin", query, {"first": 2, "after": sealed(bookmark)})

        assert "errors" not in answer.json() or fault(answer, "after") is None, bookmark


async def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    page = await world.ask("admin", SESSIONS, {"first": 1})
    cursor = page.json()["data"]["sessions"]["pageInfo"]["endCursor"]

    for who, query in (("admin", COACHES), ("admin", MEMBERS), ("stranger", COACHES)):
        assert fault(await world.ask(who, query, {"after": cursor}), "after") is None


@pytest.mark.parametrize("bookmark", [">dt:" + "1." * 60_000, ">dt:" + "1" * 120_000, ">dt:" + "1 " * 60_000])
async def test_a_long_cursor_costs_nothing(world: World, bookmark: str) -> None:
    began = time.process_time()

    answer = await world.ask("stranger", COACHES, {"after": sealed(bookmark)})

    assert fault(answer, "after") is None
    assert time.process_time() - began < 0.1


# Ids


@pytest.mark.parametrize(
    "query", [ONE_COACH, ONE_MEMBER, ONE_SESSION, NODE], ids=["coach", "member", "session", "node"]
)
async def test_a_bad_id_is_refused(world: World, query: str) -> None:
    kind = {ONE_COACH: "Coach", ONE_MEMBER: "Member", ONE_SESSION: "Session"}.get(query, "Coach")
    others = [] if query == NODE else [id for type_name, id in world.ids.items() if type_name != kind]
    not_uuid = [global_id(kind, key) for key in ("1", "x", f"{uuid4()}0", "-" * 36)]
    unknown = [global_id(name, uuid4()) for name in ("Query", "Nothing", "PageInfo", "Problem", "coach", "Node")]
    ids = [*BAD_IDS, *others, *not_uuid, *unknown, 5, True, [], {}, None]

    await world.assert_refused("admin", query, [Try(shown(each), {"id": each}, "id") for each in ids])

    for who in ("admin", "stranger"):
        answer = await world.ask(who, query, {"id": global_id(kind, uuid4())})
        assert answer.json()["errors"][0]["extensions"]["code"] in {"FORBIDDEN", "UNAUTHENTICATED"}


async def test_an_id_has_one_spelling(world: World) -> None:
    id, key = world.ids["Coach"], key_of(world.ids["Coach"])
    keys = [f"{{{key}}}", f"urn:uuid:{key}", key.upper(), key.replace("-", "")]
    spellings = [f"{id[:8]}!{id[8:]}", f"{id[:8]}\n{id[8:]}", f" {id}", f"{id}=", f"{id}===="]
    spellings += [global_id("Coach", each) for each in keys if each != key]

    await world.assert_refused("admin", ONE_COACH, [Try(shown(each), {"id": each}, "id") for each in spellings])


async def test_a_bad_slot_is_refused(world: World) -> None:
    coach = key_of(world.ids["Coach"])
    epochs = (
        "",
        "x",
        "1.5",
        "-",
        "1e5",
        "nan",
        "1 ",
        "1_772_442_000",
        "9" * 30,
        "9" * 100,
        "253402300800",
        "-99999999999",
    )
    keys = [coach, f"{coach}/", "/1772442000", "x/1", *(f"{coach}/{epoch}" for epoch in epochs)]

    await world.assert_refused("admin", NODE, [Try(key, {"id": global_id("Slot", key)}, "id") for key in keys])

    assert (await world.ask("member", NODE, {"id": global_id("Slot", f"{coach}/1772442000")})).json()["data"]["node"]


async def test_a_hundred_nodes_are_answered_and_no_more(world: World) -> None:
    one = world.ids["Coach"]
    written = ", ".join(f'"{one}"' for _ in range(101))
    bad = [[one] * 101, [one] * 1_000, ["garbage"], [one, "garbage"], [None], None, 5, [[one]], [HUGE]]

    hundred = await world.ask("admin", NODES, {"ids": [one] * 100})
    none = await world.ask("admin", NODES, {"ids": []})
    mixed = await world.ask("stranger", NODES, {"ids": [one, world.ids["Session"]]})

    assert hundred.json() == {"data": {"nodes": [{"id": one}] * 100}}
    assert none.json() == {"data": {"nodes": []}}
    assert mixed.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    await world.assert_refused("admin", NODES, [Try(shown(ids), {"ids": ids}, "ids") for ids in bad])
    await world.assert_refused("admin", f"{{ nodes(ids: [{written}]) {{ id }} }}", [Try("written out", {}, "ids")])


# Filters

HOSTILE_NAMES = ["100% there", "under_score", "back\\slash", "quo'te", "semi;colon --", "üñí 🙂", "a\u202eb"]


async def test_a_search_takes_every_character_as_itself(world: World) -> None:
    for name in HOSTILE_NAMES:
        await world.practice.coach(display_name=name)
        await world.practice.member(None, first_name=name)
    for needle in ("%", "_", "\\", "'", ";", "%%", "\\%", "_%", "🙂", "\u202e", "' OR '1'='1", "%' --", "Ñ"):
        expected = [name for name in HOSTILE_NAMES if needle.lower() in name]
        coaches = (await world.ask("admin", COACHES, {"filter": {"search": needle}})).json()["data"]["coaches"]
        members = (await world.ask("admin", MEMBERS, {"filter": {"search": needle}})).json()["data"]["members"]

        assert [edge["node"]["displayName"] for edge in coaches["edges"]] == expected, needle
        assert [edge["node"]["firstName"] for edge in members["edges"]] == expected, needle


async def test_a_specialty_is_found_by_its_whole_name_only(world: World) -> None:
    for name in HOSTILE_NAMES:
        await world.practice.coach(specialties=["Something else", name])
    for asked in (*HOSTILE_NAMES, "%", "100%", "{", "{}", ",", "something else"):
        answer = await world.ask("admin", COACHES, {"filter": {"specialty": asked}})

        found = [edge["node"]["specialties"] for edge in answer.json()["data"]["coaches"]["edges"]]
        assert found == [["Something else", name] for name in HOSTILE_NAMES if name == asked]


BAD_FILTERS: dict[str, list[Any]] = {
    "search": ["a\0", HUGE, "a" * 101, *NO_TEXT],
    "specialty": ["a\0", HUGE, "a" * 81, *NO_TEXT],
    "isAcceptingMembers": BAD_FLAGS,
    "hasFreePlaces": BAD_FLAGS,
    "awaitsRating": BAD_FLAGS,
    "coachId": [*BAD_IDS, 5, {}],
    "memberId": [*BAD_IDS, 5, {}],
    "status": BAD_CHOICES,
    "onboardingStatus": BAD_CHOICES,
    "from": BAD_TIMES,
    "to": BAD_TIMES,
    "nonsense": ["x"],
}


@LISTS
async def test_a_bad_filter_is_refused_by_name(world: World, query: str) -> None:
    kind = {COACHES: "CoachFilter", MEMBERS: "MemberFilter", SESSIONS: "SessionFilter"}[query]
    known: Any = schema._schema.type_map[kind]
    tries = [
        Try(f"{name} = {shown(value)}", {"filter": {name: value}}, name)
        for name in (*known.fields, "nonsense")
        for value in BAD_FILTERS[name]
    ]
    tries += [Try(shown(whole), {"filter": whole}, "filter") for whole in (5, "x", ["x"], True)]

    await world.assert_refused("admin", query, tries)


# Slots


async def test_a_bad_argument_of_the_slots_is_refused_by_name(world: World) -> None:
    coach = {"coachId": world.ids["Coach"]}
    day = {**coach, "from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
    bad_ids = [*BAD_IDS, world.ids["Member"], 5, {}, None]
    far = ["2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z", "2026-06-03T00:00:01Z", "2199-01-01T00:00:00Z"]
    asked: list[tuple[str, dict[str, str], dict[str, list[Any]]]] = [
        (AVAILABLE, day, {"coachId": bad_ids, "from": [*BAD_TIMES, None], "to": [*BAD_TIMES, None, *far]}),
        (AVAILABLE, day, {"zone": BAD_ZONES, "all": BAD_FLAGS}),
        (NEXT, coach, {"coachId": bad_ids, "after": BAD_TIMES}),
        (EXPLAIN, {**coach, "startsAt": NINE}, {"coachId": bad_ids, "startsAt": [*BAD_TIMES, None]}),
    ]
    for query, valid, bad in asked:
        assert "errors" not in (await world.ask("member", query, valid)).json()
        tries = [
            Try(f"{name} = {shown(value)}", {**valid, name: value}, name)
            for name, values in bad.items()
            for value in values
        ]
        await world.assert_refused("member", query, tries)


# Coherence, growth and risk

QUESTIONS = (
    *("interventions", "memberInterventions", "actionItems", "coherence", "coherenceScores", "coherenceSeries"),
    *("breakthroughs", "goals", "goalUpdates", "goalOutcomes", "recommendations", "recommendationGroups"),
    *("questionSets", "questionSet", "assessments", "assessment", "riskAssessments", "riskAlerts", "riskStatistics"),
    *("elementalBalance", "elementalSeries", "journalEntries", "engagement", "engagementSeries", "clientDashboard"),
)
YEAR = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
BACKWARDS = [YEAR["from"], "2025-12-31T23:59:59Z"]
FAR_AWAY = ["2199-12-31T00:00:00Z", "2150-01-01T00:00:00Z"]
BAD_ARGUMENTS: dict[str, list[Any]] = {
    "Boolean": ["true", 1, []],
    "DateTime": BAD_TIMES[:12],
    "ID": ["", "garbage", global_id("Delivery", UUID), global_id("Member", "0" * 31), 5, {}],
    "Int": [-1, 10_000, 10**30, 1.5, "5"],
    "String": ["a\0", "a" * 101, 5],
}


def arguments_of(name: str) -> dict[str, Any]:
    query = schema._schema.query_type
    assert query is not None
    return query.fields[name].args


def valid_arguments(name: str, world: World) -> dict[str, Any]:
    member = world.ids["Member"]
    known = {
        "interval": "DAY",
        "metric": "JOURNAL_ENTRIES",
        "status": "PUBLISHED",
        "order": "NAME",
        "goalId": world.ids["Goal"],
        **YEAR,
    }
    known["id"] = world.ids.get(f"{name[0].upper()}{name[1:]}", "")
    arguments = arguments_of(name)
    given = {each: known[each] for each in arguments if str(arguments[each].type).endswith("!")}
    given |= {"memberId": member} if "memberId" in arguments else {}
    return given | ({"filter": {"memberId": member}} if name == "actionItems" else {})


def bad_arguments(name: str, valid: dict[str, Any]) -> Iterator[Try]:
    for each, argument in arguments_of(name).items():
        kind = get_named_type(argument.type)
        if isinstance(kind, GraphQLInputObjectType):
            for part, field in kind.fields.items():
                for value in bad_values(get_named_type(field.type), part):
                    yield Try(f"{name}: {part} = {shown(value)}", {**valid, each: {part: value}}, part)
        else:
            late = BACKWARDS + (FAR_AWAY if "interval" in valid else []) if each == "to" else []
            for value in (*bad_values(kind, each), *late, *([None] if each in valid and each != "memberId" else [])):
                yield Try(f"{name}: {each} = {shown(value)}", {**valid, each: value}, each)


def bad_values(kind: Any, name: str) -> list[Any]:
    if name == "first":
        return [0, 101, *BAD_ARGUMENTS["Int"]]
    if name == "after":
        return [
            "garbage",
            *map(sealed, (">true", ">i:x", f">s:now~uuid:{UUID}~uuid:{UUID}", ">dt:99999999999999999999")),
        ]
    return ["", "NOTHING", 5] if isinstance(kind, GraphQLEnumType) else BAD_ARGUMENTS[kind.name]


async def test_a_bad_argument_of_growth_is_refused_by_name(world: World) -> None:
    for name in QUESTIONS:
        given, valid = arguments_of(name), valid_arguments(name, world)
        declared = ", ".join(f"${each}: {argument.type}" for each, argument in given.items())
        passed = ", ".join(f"{each}: ${each}" for each in given)
        query = f"query ({declared}) {{ {name}({passed}) {{ __typename }} }}"

        with structlog.testing.capture_logs():
            assert "errors" not in (await world.ask("coach", query, valid)).json(), name
            await world.assert_refused("coach", query, bad_arguments(name, valid))
