"""The mutations of elements and journals, with the kind of each of their fields."""

from typing import Any

from tests.api.mutation import Mutation, naming
from tests.growing import EVEN

BAD_AMOUNTS: list[Any] = ["-1", "1000001", "0.0000001", "1e3", "NaN", "", "much", 1.5, True, [], {}]

MUTATIONS = {
    "recordElementalBalance": Mutation(
        "coach",
        lambda world: {"memberId": world.ids["Member"], **EVEN},
        ids={"memberId": "Member"},
        texts={"idempotencyKey": 200},
        wrong=dict.fromkeys(EVEN, BAD_AMOUNTS),
        required=("memberId", *EVEN),
    ),
    "writeJournalEntry": Mutation(
        "member",
        lambda world: {"text": "Words"},
        ids={"sessionId": "Session", "goalId": "Goal"},
        texts={"text": 20_000, "title": 200, "idempotencyKey": 200},
        ints={"mood": (1, 5)},
        choices=("element",),
        flags=("isShared",),
        required=("text",),
        never_null=("isShared",),
    ),
    "updateJournalEntry": Mutation(
        "member",
        lambda world: {"id": world.ids["JournalEntry"], "expectedVersion": 1, "text": "Other"},
        ids={"id": "JournalEntry", "sessionId": "Session", "goalId": "Goal"},
        texts={"text": 20_000, "title": 200},
        ints={"mood": (1, 5)},
        versions=("expectedVersion",),
        choices=("element",),
        required=("id", "expectedVersion"),
        never_null=("text",),
    ),
    "shareJournalEntry": naming("member", "id", "JournalEntry"),
    "unshareJournalEntry": naming("member", "id", "JournalEntry"),
    "removeJournalEntry": naming("member", "id", "JournalEntry"),
}
