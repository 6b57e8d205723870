"""The operations on elements, journals and engagement that many tests ask, written once."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from app.models.growth import Goal
from app.wire.relay import global_id
from tests.practice import Person, Practice

PROBLEM = "... on Problem { code message } ... on InvalidInput { field }"
CONFLICT = f"{PROBLEM} ... on VersionConflict {{ currentVersion }}"
SHARES = "{ element share }"
BALANCE = f"id archetype evenness isAssessed recordedAt shares {SHARES} changes {SHARES} member {{ id }}"
ENTRY = "id title text mood element isShared sharedAt version createdAt updatedAt goalId member { id } session { id }"


def _mutation(name: str, answered: str, problem: str = PROBLEM) -> str:
    kind = f"{name[0].upper()}{name[1:]}"
    return f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {answered} {problem} }} }}"


RECORD = _mutation("recordElementalBalance", f"... on ElementalBalance {{ {BALANCE} }}")
WRITE = _mutation("writeJournalEntry", f"... on JournalEntry {{ {ENTRY} }}")
UPDATE = _mutation("updateJournalEntry", f"... on JournalEntry {{ {ENTRY} }}", CONFLICT)
SHARE = _mutation("shareJournalEntry", f"... on JournalEntry {{ {ENTRY} }}")
UNSHARE = _mutation("unshareJournalEntry", f"... on JournalEntry {{ {ENTRY} }}")
REMOVE = _mutation("removeJournalEntry", "... on Removed { id }")
NOW = f"query ($memberId: ID) {{ elementalBalance(memberId: $memberId) {{ {BALANCE} }} }}"
ELEMENTS_OVER_TIME = (
    "query ($memberId: ID, $from: DateTime!, $to: DateTime!, $interval: Interval!) {"
    " elementalSeries(memberId: $memberId, from: $from, to: $to, interval: $interval) { interval timeZone"
    f" points {{ startsOn count mean {SHARES} last {SHARES} }} }} }}"
)
JOURNAL = (
    "query ($memberId: ID, $goalId: ID, $element: Element, $isShared: Boolean, $first: Int, $after: String) {"
    " journalEntries(memberId: $memberId, goalId: $goalId, element: $element, isShared: $isShared, first: $first,"
    " after: $after) {"
    f" edges {{ cursor node {{ __typename {ENTRY} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
ENGAGEMENT = (
    "query ($memberId: ID) { engagement(memberId: $memberId) { score computedAt member { id }"
    " parts { name points most count missed lastOn } } }"
)
METRIC_OVER_TIME = (
    "query ($memberId: ID, $metric: EngagementMetric!, $from: DateTime!, $to: DateTime!, $interval: Interval!) {"
    " engagementSeries(memberId: $memberId, metric: $metric, from: $from, to: $to, interval: $interval) {"
    " metric timeZone points { startsOn value } } }"
)
EVEN = {"fire": 1, "water": 1, "earth": 1, "air": 1, "aether": 1}


async def balanced(practice: Practice, coach: Person, member: Person, **amounts: Any) -> dict[str, Any]:
    """What recording answers."""
    answer: dict[str, Any] = await practice.ask(RECORD, coach, input={"memberId": member.id, **EVEN, **amounts})
    assert answer["__typename"] == "ElementalBalance", answer
    return answer


async def entered(practice: Practice, member: Person, text: str = "Words", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(WRITE, member, input={"text": text, **more})
    assert answer["__typename"] == "JournalEntry", answer
    return answer


async def journal(practice: Practice, who: Person, member: Person | None = None, **more: Any) -> list[dict[str, Any]]:
    """The first page as somebody sees it."""
    given = {"memberId": member.id} if member else {}
    answer = await practice.ask(JOURNAL, who, **given, **more)
    return [edge["node"] for edge in answer["edges"]]


async def engaged(practice: Practice, who: Person, member: Person | None = None) -> dict[str, Any]:
    """After the work that is due."""
    await practice.work()
    answer: dict[str, Any] = await practice.ask(ENGAGEMENT, who, **({"memberId": member.id} if member else {}))
    return answer


async def assessed(practice: Practice, member: Person) -> UUID:
    """A completed assessment of no questions, made at once: of a draft, which nobody could be asked."""
    assert member.member is not None
    values = {"member": member.member.id, "code": uuid4().hex, "now": practice.clock()}
    async with practice.owner.begin() as owner:
        for statement in _ASSESSED:
            made = await owner.execute(text(statement), values if ":" in statement else {})
            if made.returns_rows and "assessments" in statement:
                (found,) = made.scalars().all()
    return UUID(str(found))


_ASSESSED = (
    "SELECT set_config('app.system', 'on', true)",
    "ALTER TABLE assessments DISABLE TRIGGER assessments_open",
    "INSERT INTO question_sets (id, assessment_type, code, version, name, status, created_at, updated_at)"
    " VALUES (gen_random_uuid(), 'CUSTOM', :code, 1, 'Test', 'DRAFT', :now, :now)",
    "INSERT INTO assessments (id, member_id, question_set_id, assessment_type, status, lacking_dimensions,"
    " time_spent_seconds, started_at, completed_at, created_at, updated_at) SELECT gen_random_uuid(), :member, id,"
    " 'CUSTOM', 'COMPLETED', '{}', 0, :now, :now, :now, :now FROM question_sets WHERE code = :code RETURNING id",
    "ALTER TABLE assessments ENABLE TRIGGER assessments_open",
)


async def goal_of(practice: Practice, member: Person) -> str:
    """One of a member's own, made at once."""
    assert member.member is not None
    now, values = practice.clock(), {"baseline": Decimal(0), "current": Decimal(0), "target": Decimal(10)}
    goal = Goal(
        member_id=member.member.id,
        title="Swim",
        measure="Lengths",
        target_date=now.date(),
        added_by_user_id=member.user.id,
        created_at=now,
        updated_at=now,
        **values,
    )
    async with practice.as_system() as db:
        db.add(goal)
    return global_id("Goal", goal.id)


async def elements_of(practice: Practice, coach: Person, member: Person) -> dict[str, str]:
    """Ids by type; the coach sees the entry."""
    return {
        "ElementalBalance": (await balanced(practice, coach, member))["id"],
        "JournalEntry": (await entered(practice, member, isShared=True))["id"],
    }


def shares(shown: list[dict[str, str]] | None) -> dict[str, str] | None:
    return None if shown is None else {each["element"]: each["share"] for each in shown}
