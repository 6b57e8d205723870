"""Elements, journals and engagement of the small practice, and who may do what with their rows."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Rows = dict[str, list[str]]

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
# Where a DELETE is to spare what is the asker's to take away.
SPARED = {"journal_entries": "member_id IS DISTINCT FROM nullif(current_setting('app.member_id', true), '')::uuid"}
_SEALED = "'\\x01'::bytea || decode(repeat('00', 60), 'hex')"
_GROWN = (
    "INSERT INTO elemental_balances (id, member_id, recorded_by_user_id, fire, water, earth, air, aether, archetype,"
    " recorded_at) SELECT gen_random_uuid(), :member, k.user_id, 0.4, 0.2, 0.2, 0.1, 0.1, 'VISIONARY', now()"
    " FROM coaches k JOIN members m ON m.coach_id = k.id WHERE m.id = :member",
    "INSERT INTO journal_entries (id, member_id, is_shared, shared_at, version, content)"
    f" VALUES (gen_random_uuid(), :member, false, NULL, 1, {_SEALED}),"
    f" (gen_random_uuid(), :member, true, now(), 1, {_SEALED})",
    "INSERT INTO engagement_metrics (member_id, name, day, value) VALUES (:member, 'JOURNAL_ENTRIES', '2026-03-02', 1)",
    "INSERT INTO engagement_scores (member_id, score, parts, computed_at) VALUES (:member, 4, '{}', now())",
)


async def add_elements_of(db: AsyncSession, *members: str) -> None:
    """And two entries of a journal, of which one is shared, and how engaged they are."""
    for member in members:
        for statement in _GROWN:
            await db.execute(text(statement), {"member": member})


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


def added_to(*expected: dict[str, Rows]) -> list[dict[str, Rows]]:
    """To what is seen, updated and inserted by each."""
    return [
        {who: rows | added.get(who, {}) for who, rows in each.items()}
        for each, added in zip(expected, (SEEN, UPDATED, INSERTED), strict=True)
    ]
