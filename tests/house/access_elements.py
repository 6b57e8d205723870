"""The rows of the access table about elements, journals and engagement."""

from typing import Any

from tests.growing import EVEN, entered
from tests.house.rows import EVERYBODY, LOGIN, MEMBERS, STAFF, Row, given, inputs, its

SERIES = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z", "interval": "WEEK"}


async def spare_entry(world: Any) -> str:
    return str((await entered(world.practice, world.member))["id"])


NODES = dict.fromkeys(("ElementalBalance", "JournalEntry"), LOGIN)
ROWS = {
    "Query.elementalBalance": Row(LOGIN, given(memberId=its("Member")), ("growth:read",)),
    "Query.elementalSeries": Row(LOGIN, given(memberId=its("Member"), **SERIES), ("growth:read",)),
    "Query.journalEntries": Row(LOGIN, given(memberId=its("Member")), ("growth:read",)),
    "Query.engagement": Row(LOGIN, given(memberId=its("Member")), ("growth:read",)),
    "Query.engagementSeries": Row(
        LOGIN, given(memberId=its("Member"), metric="JOURNAL_ENTRIES", **SERIES), ("growth:read",)
    ),
    "Mutation.recordElementalBalance": Row(
        LOGIN, inputs(memberId=its("Member"), **EVEN), ("growth:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.writeJournalEntry": Row(LOGIN, inputs(text="Words"), ("growth:write",), EVERYBODY, only=MEMBERS),
    "Mutation.updateJournalEntry": Row(
        LOGIN,
        inputs(id=its("JournalEntry"), expectedVersion=1, text="Other"),
        ("growth:write",),
        EVERYBODY,
        only=MEMBERS,
    ),
    "Mutation.shareJournalEntry": Row(LOGIN, inputs(id=its("JournalEntry")), ("growth:write",), only=MEMBERS),
    "Mutation.unshareJournalEntry": Row(LOGIN, inputs(id=spare_entry), ("growth:write",), only=MEMBERS),
    "Mutation.removeJournalEntry": Row(LOGIN, inputs(id=spare_entry), ("growth:write",), only=MEMBERS),
}
