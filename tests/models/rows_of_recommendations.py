"""Recommendations of the small practice, what was learned of them, and who may do what with their rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.models.rows import Rows, run

NAMED_BY: dict[str, tuple[str, ...]] = {
    "recommendations": ("member_id", "status"),
    "intervention_experiences": ("member_id", "rating"),
    "intervention_ratings_by_group": ("group_name",),
}
TOUCHED = {
    "recommendations": "sent_at = sent_at",
    "intervention_experiences": "rated_at = now()",
    "intervention_ratings_by_group": "rating_count = rating_count",
}
_ONE = "(SELECT id FROM interventions WHERE coach_id IS NULL ORDER BY code LIMIT 1)"
_RECOMMENDED = (
    "INSERT INTO recommendations (id, member_id, intervention_id, dimension, priority, rank_score, title, text, reason,"
    f" facts, wording, status, drafted_at) VALUES (gen_random_uuid(), :member, {_ONE}, 'Q', 'LOW', 0.5, 'Words',"
    " 'Words', 'Words', '[]', 'RULES', 'DRAFTED', now())",
    "INSERT INTO recommendations (id, member_id, intervention_id, dimension, priority, rank_score, title, text, reason,"
    " facts, wording, status, drafted_at, reviewed_by_user_id, reviewed_at, sent_at)"
    f" VALUES (gen_random_uuid(), :member, {_ONE}, 'Q', 'LOW', 0.5, 'Words', 'Words', 'Words', '[]', 'RULES',"
    " 'COMPLETED', now(), :coach_user, now(), now())",
    "INSERT INTO intervention_experiences (member_id, intervention_id, rating, group_names, rated_at)"
    f" VALUES (:member, {_ONE}, 4, '{{EVERYBODY,WEAKEST_Q}}', now())",
)


async def add_to(db: AsyncSession, small: Any) -> None:
    """A draft for each, and what is done and rated."""
    for ids in small.pairs():
        await run(db, _RECOMMENDED, **ids)


def _of(member: str, *statuses: str) -> Rows:
    return {"recommendations": [f"{member}/{status}" for status in statuses]}


SEEN: dict[str, Rows] = {
    "anna": _of("anna", "COMPLETED"),
    "carl": _of("carl", "COMPLETED"),
    "one": _of("anna", "COMPLETED", "DRAFTED"),
    "other": _of("carl", "COMPLETED", "DRAFTED"),
}
UPDATED = SEEN
INSERTED: dict[str, Rows] = {"one": _of("anna", "DRAFTED"), "other": _of("carl", "DRAFTED")}
