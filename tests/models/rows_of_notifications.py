"""Notifications of the small practice, and who may do what with their rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.models.rows import Rows, run

NAMED_BY: dict[str, tuple[str, ...]] = {
    "notifications": ("user_id", "kind"),
    "deliveries": ("user_id", "channel"),
    "notification_preferences": ("user_id", "kind", "channel"),
    "quiet_hours": ("user_id",),
}
TOUCHED = {
    "notifications": "read_at = now()",
    "deliveries": "attempts = 1",
    "notification_preferences": "updated_at = now()",
    "quiet_hours": "updated_at = now()",
}
WHOM = {"anna": "BOOKING_CONFIRMED", "carl": "BOOKING_CONFIRMED", "one": "SESSION_BOOKED"}
_TOLD = (
    "INSERT INTO notifications (id, user_id, kind, occasion, facts, is_listed, created_at)"
    " VALUES (gen_random_uuid(), :user, :kind, 'event:1', '{}', true, now())",
    "INSERT INTO deliveries (id, notification_id, user_id, channel, status, attempts, created_at)"
    " SELECT gen_random_uuid(), id, user_id, 'EMAIL', 'PENDING', 0, created_at FROM notifications"
    " WHERE user_id = :user",
    "INSERT INTO notification_preferences (user_id, kind, channel, is_on) VALUES (:user, :kind, 'EMAIL', true)",
    "INSERT INTO quiet_hours (user_id, from_time, until_time) VALUES (:user, '22:00', '07:00')",
)


async def add_to(db: AsyncSession, small: Any) -> None:
    """Each of them was told of something, by mail too, and has said what they want."""
    for name, kind in WHOM.items():
        await run(db, _TOLD, user=small.people[name].user.id, kind=kind)


def _chosen(name: str) -> Rows:
    return {"notification_preferences": [f"{name}/{WHOM[name]}/EMAIL"], "quiet_hours": [name]}


def _read(name: str) -> Rows:
    return _chosen(name) | {"notifications": [f"{name}/{WHOM[name]}"]}


SEEN: dict[str, Rows] = {name: _read(name) | {"deliveries": [f"{name}/EMAIL"]} for name in WHOM}
UPDATED: dict[str, Rows] = {name: _read(name) for name in WHOM}
INSERTED: dict[str, Rows] = {name: _chosen(name) for name in WHOM}
