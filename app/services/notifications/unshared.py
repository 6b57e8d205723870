"""What was shared and is not any more: whoever was to be told of it is not, however long that was held back."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.notifications import NotificationKind

_PLAN: Final = text("SELECT 1 FROM session_plans WHERE id = CAST(CAST(:id AS text) AS uuid) AND is_shared")
_NOTE: Final = text(
    "SELECT 1 FROM session_notes WHERE id = CAST(CAST(:id AS text) AS uuid) AND visibility = 'SHARED' AND NOT is_draft"
)
_ENTRY: Final = text("SELECT 1 FROM journal_entries WHERE id = CAST(CAST(:id AS text) AS uuid) AND is_shared")
_SENT: Final = text(
    "SELECT 1 FROM recommendations WHERE id = CAST(CAST(:id AS text) AS uuid) AND status IN ('SENT', 'COMPLETED')"
)
_SHARED: Final = {
    NotificationKind.PLAN_SHARED: ("plan_id", _PLAN),
    NotificationKind.PLAN_REMINDER: ("plan_id", _PLAN),
    NotificationKind.NOTE_SHARED: ("note_id", _NOTE),
    NotificationKind.JOURNAL_ENTRY_SHARED: ("journal_entry_id", _ENTRY),
    NotificationKind.RECOMMENDATION_SENT: ("recommendation_id", _SENT),
}


async def is_unshared(db: AsyncSession, kind: NotificationKind, facts: Mapping[str, Any]) -> bool:
    """Or gone."""
    name, shared = _SHARED.get(kind, ("", _PLAN))
    return name in facts and (await db.execute(shared, {"id": facts[name]})).first() is None
