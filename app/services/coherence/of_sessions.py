"""What a member's coherence was before and after each session."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

# Those that the session's coach may see for ever: of somebody whom they coach, or coached then.
_IN_SIGHT: Final = (
    "EXISTS (SELECT FROM assignments a WHERE a.member_id = s.member_id AND a.coach_id = s.coach_id"
    " AND (a.ended_at IS NULL OR a.ended_at >= c.calculated_at))"
)
_BEFORE: Final = (
    "SELECT c.total FROM coherence_scores c WHERE c.member_id = s.member_id AND c.calculated_at <= s.starts_at"
    f" AND c.calculated_at >= s.starts_at - interval '30 days' AND {_IN_SIGHT} ORDER BY c.calculated_at DESC LIMIT 1"
)
_NEXT: Final = (
    "SELECT min(n.starts_at) FROM sessions n WHERE n.member_id = s.member_id AND n.starts_at >= s.ends_at"
    " AND n.status IN ('SCHEDULED', 'COMPLETED')"
)
_AFTER: Final = (
    "SELECT c.total FROM coherence_scores c WHERE c.member_id = s.member_id AND c.calculated_at >= s.ends_at"
    f" AND c.calculated_at < coalesce(({_NEXT}), 'infinity') AND {_IN_SIGHT} ORDER BY c.calculated_at LIMIT 1"
)
_FILLED: Final = text(
    "UPDATE sessions SET pre_session_coherence = found.pre, post_session_coherence = found.post FROM ("
    f" SELECT s.id, CASE WHEN s.status IN ('SCHEDULED', 'COMPLETED') THEN ({_BEFORE}) END AS pre,"
    f" CASE WHEN s.status = 'COMPLETED' THEN ({_AFTER}) END AS post FROM sessions s WHERE s.member_id = :member"
    ") AS found WHERE sessions.id = found.id AND (sessions.pre_session_coherence, sessions.post_session_coherence)"
    " IS DISTINCT FROM (found.pre, found.post)"
)
# One after the other, so that who has read fewer scores does not write last. It locks no row that a booking waits for.
_IN_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('coherence_of_sessions/' || :member, 0))")


async def fill_sessions(db: AsyncSession, member_id: UUID) -> int:
    """Derives both numbers of all sessions of a member anew, for the system; answers how many were not so before."""
    await db.execute(_IN_TURN, {"member": str(member_id)})
    return int((await db.execute(_FILLED, {"member": member_id})).rowcount)  # type: ignore[attr-defined]
