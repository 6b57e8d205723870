"""Scores and breakthroughs of the small practice, and who may do what with their rows."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Rows = dict[str, list[str]]

NAMED_BY: dict[str, tuple[str, ...]] = {
    "coherence_scores": ("member_id", "pattern"),
    "breakthroughs": ("member_id", "dimension"),
}
TOUCHED: dict[str, str] = {"coherence_scores": "created_at = now()", "breakthroughs": "status = status"}
_SCORED = (
    "INSERT INTO coherence_scores (id, member_id, psi, rho, q, f, total, percentage, velocity, pattern, calculated_at)"
    " VALUES (gen_random_uuid(), :member, 0.8, 0.5, 0, 0.2, 1.36, 34.0, 0, 'LONELY_HERO', now())",
    "INSERT INTO breakthroughs (id, member_id, score_id, dimension, magnitude, before_score, after_score, threshold,"
    " status, description, detected_at) SELECT gen_random_uuid(), member_id, id, 'PSI', 0.3, 0.5, 0.8, 0.6,"
    " 'DETECTED', 'Words', calculated_at FROM coherence_scores WHERE member_id = :member",
)


async def add_scores_of(db: AsyncSession, *members: str) -> None:
    for member in members:
        for statement in _SCORED:
            await db.execute(text(statement), {"member": member})


def _of(member: str) -> Rows:
    return {"coherence_scores": [f"{member}/LONELY_HERO"], "breakthroughs": [f"{member}/PSI"]}


def _breakthrough(member: str) -> Rows:
    return {"breakthroughs": [f"{member}/PSI"]}


SEEN: dict[str, Rows] = {"anna": _of("anna"), "carl": _of("carl"), "one": _of("anna"), "other": _of("carl")}
UPDATED: dict[str, Rows] = {"one": _breakthrough("anna"), "other": _breakthrough("carl")}
# A member's score comes of an assessment; these were imported.
INSERTED: dict[str, Rows] = {"anna": _breakthrough("anna"), "carl": _breakthrough("carl")}


def added_to(*expected: dict[str, Rows]) -> list[dict[str, Rows]]:
    """To what is seen, updated and inserted by each."""
    return [
        {who: rows | added.get(who, {}) for who, rows in each.items()}
        for each, added in zip(expected, (SEEN, UPDATED, INSERTED), strict=True)
    ]
