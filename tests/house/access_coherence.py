"""The rows of the access table about coherence and breakthroughs."""

from typing import Any

from tests.house.rows import LOGIN, STAFF, Row, given, inputs, its
from tests.scoring import risen_once_more

NODES = dict.fromkeys(("Breakthrough", "CoherenceScore"), LOGIN)
READS, WRITES = ("coherence:read",), ("coherence:write",)
TIME = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-03T00:00:00Z", "interval": "DAY"}


async def spare_breakthrough(world: Any) -> str:
    return await risen_once_more(world.practice, world.member)


ROWS = {
    "Query.coherence": Row(LOGIN, given(memberId=its("Member")), READS),
    "Query.coherenceScores": Row(LOGIN, given(memberId=its("Member")), READS),
    "Query.coherenceSeries": Row(LOGIN, given(memberId=its("Member"), **TIME), READS),
    "Query.breakthroughs": Row(LOGIN, given(memberId=its("Member")), READS),
    "Mutation.confirmBreakthrough": Row(LOGIN, inputs(id=spare_breakthrough), WRITES, only=STAFF),
    "Mutation.dismissBreakthrough": Row(LOGIN, inputs(id=spare_breakthrough), WRITES, only=STAFF),
    "Subscription.coherenceUpdated": Row(LOGIN, given(memberId=its("Member")), READS),
}
