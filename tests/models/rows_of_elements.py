"""Elements, journals and engagement of the small practice, and who may do what with their rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.models.rows import ASKING_MEMBER, SEALED, Rows, run

NAMED_BY: dict[str, tuple[str, ...]] = {
    "elemental_balances": ("member_id", "archetype"),
    "journal_entries": ("member_id", "is_shared"),
    "engagement_metrics": ("member_id", "name"),
    "engagement_scores": ("member_id",),
}
TOUCHED = {
    "elemental_balances": "recorded_at = now()",
    "journal_entries": "updated_at = now()",
    "engagement_metrics": "value = 2",
    "engagement_scores": "score = 2",
}
SPARED = {"journal_entries": f"member_id IS DISTINCT FROM {ASKING_MEMBER}"}
_GROWN = (
    "INSERT INTO elemental_balances (id, member_id, recorded_by_user_id, fire, water, earth, air, aether, archetype,"
    " recorded_at) SELECT gen_random_uuid(), :member, k.user_id, 0.4, 0.2, 0.2, 0.1, 0.1, 'VISIONARY', now()"
    " FROM coaches k JOIN members m ON m.coach_id = k.id WHERE m.id = :member",
    "INSERT INTO journal_entries (id, member_id, is_shared, shared_at, version, content)"
    f" VALUES (gen_random_uuid(), :member, false, NULL, 1, {SEALED}),"
    f" (gen_random_uuid(), :member, true, now(), 1, {SEALED})",
    "INSERT INTO engagement_metrics (member_id, name, day, value) VALUES (:member, 'JOURNAL_ENTRIES', '2026-03-02', 1)",
    "INSERT INTO engagement_scores (member_id, score, parts, computed_at) VALUES (:member, 4, '{}', now())",
)


async def add_to(db: AsyncSession, small: Any) -> None:
    """Two entries of each journal, of which one is shared."""
    for ids in small.pairs():
        await run(db, _GROWN, **ids)


def _balance(member: str) -> Rows:
    return {"elemental_balances": [f"{member}/VISIONARY"]}


def _journal(member: str) -> Rows:
    return {"journal_entries": [f"{member}/False", f"{member}/True"]}


def _of(member: str) -> Rows:
    engaged: Rows = {"engagement_metrics": [f"{member}/JOURNAL_ENTRIES"], "engagement_scores": [member]}
    return _balance(member) | _journal(member) | engaged


def _coached(member: str) -> Rows:
    return _of(member) | {"journal_entries": [f"{member}/True"]}


SEEN: dict[str, Rows] = {"anna": _of("anna"), "carl": _of("carl"), "one": _coached("anna"), "other": _coached("carl")}
UPDATED: dict[str, Rows] = {"anna": _journal("anna"), "carl": _journal("carl")}
INSERTED: dict[str, Rows] = {**UPDATED, "one": _balance("anna"), "other": _balance("carl")}
