"""Recommendations of the small practice, what was learned of them, and who may do what with their rows."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Rows = dict[str, list[str]]

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


async def recommend(db: AsyncSession, **ids: object) -> None:
    """To a `member`, by a `coach_user`: a draft, and what is done and rated."""
    for statement in _RECOMMENDED:
        await db.execute(text(statement), ids)


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


def added_to(*expected: dict[str, Rows]) -> list[dict[str, Rows]]:
    """To what is seen, updated and inserted by each."""
    return [
        {who: rows | added.get(who, {}) for who, rows in each.items()}
        for each, added in zip(expected, (SEEN, UPDATED, INSERTED), strict=True)
    ]
