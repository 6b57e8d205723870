"""Scores and breakthroughs of the small practice, and who may do what with their rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.models.rows import Rows, run

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


async def add_to(db: AsyncSession, small: Any) -> None:
    for ids in small.pairs():
        await run(db, _SCORED, **ids)


def _of(member: str) -> Rows:
    return {"coherence_scores": [f"{member}/LONELY_HERO"], "breakthroughs": [f"{member}/PSI"]}


def _breakthrough(member: str) -> Rows:
    return {"breakthroughs": [f"{member}/PSI"]}


SEEN: dict[str, Rows] = {"anna": _of("anna"), "carl": _of("carl"), "one": _of("anna"), "other": _of("carl")}
UPDATED: dict[str, Rows] = {"one": _breakthrough("anna"), "other": _breakthrough("carl")}
# A member's score comes of an assessment; these were imported.
INSERTED: dict[str, Rows] = {"anna": _breakthrough("anna"), "carl": _breakthrough("carl")}
