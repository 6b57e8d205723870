"""Journals: members write for themselves; their coach reads what is shared, as long as it is."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.context import Context
from app.events import JournalEntryRemoved, JournalEntryShared, JournalEntryWritten
from app.services import privacy
from app.wire.relay import parse_key
from tests.growing import JOURNAL, REMOVE, SHARE, UNSHARE, UPDATE, WRITE, entered, goal_of, journal
from tests.operations import TABLES, add_window, booked, transferred
from tests.practice import Person, Practice
from tests.statements import cost_alike, cost_of_page

CANARY = "Kanarienvogel"
NODE = "query ($id: ID!) { node(id: $id) { ... on JournalEntry { text } } }"


async def kinds_told(practice: Practice) -> list[type]:
    return [type(event) for event in await practice.told()]


async def test_an_entry_is_its_members_until_it_is_shared_and_while_it_is(
    practice: Practice, coach: Person, member: Person
) -> None:
    entry = await entered(practice, member, "Quiet day", title="Monday", mood=4, element="WATER")
    own = {"id": entry["id"]}
    assert (entry["title"], entry["mood"], entry["element"], entry["version"]) == ("Monday", 4, "WATER", 1)
    assert await journal(practice, member) == [entry]
    assert await journal(practice, coach, member) == []
    assert (await practice.refusal(NODE, coach, **own))["code"] == "FORBIDDEN"

    shared = await practice.ask(SHARE, member, input=own)
    assert shared == await practice.ask(SHARE, member, input=own), "once more changes nothing"
    assert (shared["isShared"], shared["sharedAt"], shared["version"]) == (True, "2026-03-02T08:00:00Z", 1)
    assert await journal(practice, coach, member) == [shared]
    assert (await practice.ask(NODE, coach, **own))["text"] == "Quiet day"

    again = await practice.ask(UNSHARE, member, input=own)
    assert again == await practice.ask(UNSHARE, member, input=own)
    assert (again["isShared"], again["sharedAt"]) == (False, None)
    assert await journal(practice, coach, member) == []
    assert (await practice.refusal(NODE, coach, **own))["code"] == "FORBIDDEN"
    assert await kinds_told(practice) == [JournalEntryWritten, JournalEntryShared]
    await practice.work()
    assert await practice.count("notifications", "kind = 'JOURNAL_ENTRY_SHARED'") == 0, "it is not shared any more"


async def test_nobody_else_writes_shares_changes_or_removes_it(
    practice: Practice, coach: Person, member: Person
) -> None:
    entry = await entered(practice, member, isShared=True)
    beside, admin, other = await practice.member(coach), await practice.admin(), await practice.coach()
    stored = await practice.rows("SELECT * FROM journal_entries")
    for who in (coach, beside, admin, other):
        for asked in (SHARE, UNSHARE, REMOVE):
            assert (await practice.refusal(asked, who, input={"id": entry["id"]}))["code"] == "FORBIDDEN"
        changes = {"id": entry["id"], "expectedVersion": 1, "text": "Mine"}
        assert (await practice.refusal(UPDATE, who, input=changes))["code"] == "FORBIDDEN"
    for who in (coach, admin):
        assert (await practice.refusal(WRITE, who, input={"text": "Mine"}))["code"] == "FORBIDDEN"
    for who in (beside, other):
        assert (await practice.refusal(JOURNAL, who, memberId=member.id))["code"] == "FORBIDDEN"

    assert await practice.rows("SELECT * FROM journal_entries") == stored
    assert len(await journal(practice, admin, member)) == 1


async def test_a_new_coach_reads_what_was_shared_before_and_the_old_one_nothing(
    practice: Practice, coach: Person, member: Person
) -> None:
    shared, _ = await entered(practice, member, "Shared", isShared=True), await entered(practice, member, "Mine")
    other = await practice.coach()
    await transferred(practice, member, other)
    await entered(practice, member, "Later", isShared=True)

    assert [entry["text"] for entry in await journal(practice, other, member)] == ["Later", "Shared"]
    assert (await practice.refusal(NODE, coach, id=shared["id"]))["code"] == "FORBIDDEN"
    async with practice.as_actor(coach.actor) as db:
        assert (await db.execute(text("SELECT count(*) FROM journal_entries"))).scalar_one() == 0


async def test_a_change_that_has_not_seen_the_one_before_is_refused(practice: Practice, member: Person) -> None:
    entry = await entered(practice, member, "First", title="Title", mood=2)
    changes = {"id": entry["id"], "expectedVersion": 1}
    practice.clock.move(minutes=5)

    answers = await asyncio.gather(
        *(practice.ask(UPDATE, member, input={**changes, "text": f"Words {n}"}) for n in range(4))
    )

    (won,) = [each for each in answers if each["__typename"] == "JournalEntry"]
    lost = [each for each in answers if each["__typename"] == "VersionConflict"]
    assert [each["currentVersion"] for each in lost] == [2, 2, 2]
    assert (won["title"], won["mood"], won["version"], won["updatedAt"]) == ("Title", 2, 2, "2026-03-02T08:05:00Z")
    cleared = await practice.ask(
        UPDATE, member, input={**changes, "expectedVersion": 2, "title": None, "mood": None, "element": "FIRE"}
    )
    assert (cleared["title"], cleared["mood"], cleared["element"], cleared["text"]) == (None, None, "FIRE", won["text"])
    assert await journal(practice, member) == [cleared]


async def test_a_retry_writes_once(practice: Practice, member: Person) -> None:
    given = {"text": "Words", "idempotencyKey": "k"}
    answers = await asyncio.gather(*(practice.ask(WRITE, member, input=given) for _ in range(4)))

    assert len({each["id"] for each in answers}) == 1
    assert await practice.count("journal_entries") == 1
    assert await kinds_told(practice) == [JournalEntryWritten]
    reused = await practice.ask(WRITE, member, input={**given, "text": "Other"})
    assert reused["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_the_list_has_pages_newest_first_and_filters(practice: Practice, coach: Person, member: Person) -> None:
    for day in range(5):
        await entered(practice, member, f"Day {day}", element="AIR" if day % 2 else "EARTH", isShared=day == 1)
        practice.clock.move(days=1)

    first = await practice.ask(JOURNAL, member, first=3)
    assert [edge["node"]["text"] for edge in first["edges"]] == ["Day 4", "Day 3", "Day 2"]
    rest = await practice.ask(JOURNAL, member, first=3, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["text"] for edge in rest["edges"]] == ["Day 1", "Day 0"]
    assert [entry["text"] for entry in await journal(practice, member, element="AIR")] == ["Day 3", "Day 1"]
    assert [entry["text"] for entry in await journal(practice, member, isShared=True)] == ["Day 1"]
    assert len(await journal(practice, member, isShared=False)) == 4
    assert await journal(practice, coach, member, isShared=False) == []


async def test_a_longer_page_takes_no_more_statements(practice: Practice, coach: Person, member: Person) -> None:
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T09:00:00Z")
    for _ in range(6):
        await entered(practice, member, sessionId=session, isShared=True)

    short = await cost_of_page(practice, JOURNAL, coach, 2, memberId=member.id)
    long = await cost_of_page(practice, JOURNAL, coach, 6, memberId=member.id)

    assert (short[0], long[0]) == (2, 6)
    assert cost_alike(short[1], long[1])


async def test_an_entry_is_about_a_session_of_ones_own(practice: Practice, coach: Person, member: Person) -> None:
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T09:00:00Z")
    other = await practice.member(coach)

    entry = await entered(practice, member, sessionId=session)
    assert entry["session"] == {"id": session}
    blind = replace(member, actor=replace(member.actor, permissions=member.actor.permissions - {"sessions:read"}))
    assert (await journal(practice, blind))[0]["session"] is None
    assert (await practice.refusal(WRITE, other, input={"text": "Mine", "sessionId": session}))["code"] == "FORBIDDEN"
    plain = await entered(practice, other)
    async with practice.as_actor(other.actor) as db:
        with pytest.raises(DBAPIError) as refused:
            await db.execute(
                text("UPDATE journal_entries SET session_id = :id"), {"id": parse_key(session, "Session", "id")}
            )
        await db.rollback()
    assert "another member" in str(refused.value.orig)
    assert (await journal(practice, other)) == [plain]


async def test_an_entry_is_about_a_goal_of_ones_own(practice: Practice, coach: Person, member: Person) -> None:
    other = await practice.member(coach)
    mine, theirs = [await goal_of(practice, each) for each in (member, other)]
    entry, _ = await entered(practice, member, goalId=mine), await entered(practice, member)

    assert entry["goalId"] == mine
    assert await journal(practice, member, goalId=mine) == [entry]
    assert (await practice.refusal(WRITE, member, input={"text": "Mine", "goalId": theirs}))["code"] == "FORBIDDEN"
    changes = {"id": entry["id"], "expectedVersion": 1}
    refusal = await practice.refusal(UPDATE, member, input={**changes, "goalId": theirs})
    assert refusal["code"] == "FORBIDDEN"
    assert (await practice.ask(UPDATE, member, input={**changes, "goalId": None}))["goalId"] is None
    async with practice.as_actor(member.actor) as db:
        with pytest.raises(DBAPIError) as refused:
            await db.execute(text("UPDATE journal_entries SET goal_id = :id"), {"id": parse_key(theirs, "Goal", "id")})
        await db.rollback()
    assert "journal_entries_goal_fkey" in str(refused.value.orig)


async def test_what_is_removed_is_gone(practice: Practice, coach: Person, member: Person) -> None:
    entry = await entered(practice, member, isShared=True)
    gone = await practice.ask(REMOVE, member, input={"id": entry["id"]})

    assert gone["id"] == entry["id"]
    assert await practice.count("journal_entries") == 0
    assert await kinds_told(practice) == [JournalEntryWritten, JournalEntryShared, JournalEntryRemoved]
    assert (await practice.refusal(REMOVE, member, input={"id": entry["id"]}))["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": " \n"}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"mood": 0}, "mood"),
        ({"mood": 6}, "mood"),
        ({"title": "x" * 201}, "title"),
    ],
)
async def test_an_entry_says_something_and_moods_go_from_one_to_five(
    practice: Practice, member: Person, wrong: dict[str, Any], field: str
) -> None:
    answer = await practice.ask(WRITE, member, input={"text": "Words", **wrong})

    assert (answer["__typename"], answer["field"]) == ("InvalidInput", field)
    assert await practice.count("journal_entries") == 0


async def test_what_is_written_is_nowhere_in_plain_text(practice: Practice, coach: Person, member: Person) -> None:
    await entered(practice, member, CANARY, title=CANARY, isShared=True, idempotencyKey="k")
    found = []
    for _ in range(2):  # on its way, and later
        for table in (*TABLES, "pgqueuer"):
            for word in (CANARY, CANARY.encode().hex()):
                statement = f"SELECT count(*) FROM {table} t WHERE t::text LIKE :word"
                found.append((await practice.rows(statement, word=f"%{word}%"))[0][0])
        await practice.work()

    assert sum(found) == 0
    assert (await journal(practice, coach, member))[0]["text"] == CANARY


async def test_a_text_that_was_moved_or_changed_is_refused_and_found_by_the_check(
    practice: Practice, coach: Person, member: Person
) -> None:
    first, second = await entered(practice, member, "First"), await entered(practice, member, "Second")
    key = parse_key(second["id"], "JournalEntry", "id")
    keys = practice.application.keys
    assert [failure async for failure in privacy.check_keys(Context(practice.house).unit_of_work, keys)] == []
    await practice.rows(
        "UPDATE journal_entries SET content = (SELECT content FROM journal_entries WHERE id = :first)"
        " WHERE id = :second RETURNING 1",
        first=parse_key(first["id"], "JournalEntry", "id"),
        second=key,
    )

    assert (await practice.refusal(JOURNAL, member))["code"] == "INTERNAL"
    (failure,) = [failure async for failure in privacy.check_keys(Context(practice.house).unit_of_work, keys)]
    assert str(key) in failure
    assert "journal_entries" in failure


@pytest.mark.parametrize("who", ["coach", "other", "beside", "stranger"])
async def test_a_key_is_handed_to_whoever_sees_the_entry_only(
    practice: Practice, coach: Person, member: Person, who: str
) -> None:
    entry = await entered(practice, member)
    askers = {"coach": coach, "other": await practice.coach(), "beside": await practice.member(coach), "stranger": None}
    asked = text("SELECT id FROM keys_of_journal_entries(ARRAY[CAST(:id AS uuid)])")
    values = {"id": str(parse_key(entry["id"], "JournalEntry", "id"))}

    async with practice.as_actor(practice.context(askers[who]).actor) as db:
        assert (await db.execute(asked, values)).all() == []
        assert (await db.execute(text("SELECT current_setting('app.system', true)"))).scalar_one() == ""
    async with practice.as_actor(member.actor) as db:
        assert len((await db.execute(asked, values)).all()) == 1
