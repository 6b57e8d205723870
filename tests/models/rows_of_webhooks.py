"""Webhooks of the small practice, and who may do what with their rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.models.rows import Rows, run

NAMED_BY: dict[str, tuple[str, ...]] = {
    "webhook_endpoints": ("coach_id", "url"),
    "webhook_messages": ("coach_id", "webhook_id"),
    "webhook_attempts": ("coach_id", "number"),
}
TOUCHED = {
    "webhook_endpoints": "updated_at = now()",
    "webhook_messages": "tries = 0",
    "webhook_attempts": "duration_ms = 2",
}
_HOOKED = (
    "INSERT INTO webhook_endpoints (id, coach_id, url, is_enabled, sealed_secret, created_at, updated_at)"
    " VALUES (gen_random_uuid(), CAST(:coach AS uuid), 'https://x', true, '\\x01', now(), now())",
    "INSERT INTO webhook_messages (id, endpoint_id, webhook_id, event_type, payload, status, round, tries,"
    " attempt_count, is_waiting, created_at) SELECT gen_random_uuid(), id, 'msg_1', 'test.sent', '{}', 'DELIVERED', 1,"
    " 0, 1, false, now() FROM webhook_endpoints WHERE coach_id IS NOT DISTINCT FROM CAST(:coach AS uuid)",
    "INSERT INTO webhook_attempts (message_id, number, at, duration_ms, status_code) SELECT id, 1, now(), 1, 200"
    " FROM webhook_messages WHERE coach_id IS NOT DISTINCT FROM CAST(:coach AS uuid)",
)


async def add_to(db: AsyncSession, small: Any) -> None:
    """An endpoint of each coach and one of the practice, each with a message that was tried."""
    for coach in (None, *small.coaches()):
        await run(db, _HOOKED, coach=coach)


def _endpoint(coach: str) -> Rows:
    return {"webhook_endpoints": [f"{coach}/https://x"]}


SEEN: dict[str, Rows] = {
    coach: _endpoint(coach) | {"webhook_messages": [f"{coach}/msg_1"], "webhook_attempts": [f"{coach}/1"]}
    for coach in ("one", "other")
}
UPDATED: dict[str, Rows] = {coach: _endpoint(coach) for coach in SEEN}
INSERTED = UPDATED
