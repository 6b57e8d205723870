"""Messages of the small practice, and who may do what with their rows."""

from tests.models.rows import Rows

NAMED_BY: dict[str, tuple[str, ...]] = {
    "message_templates": ("coach_id", "name"),
    "message_hooks": ("coach_id", "name"),
    "communications": ("coach_id", "member_id", "channel", "status"),
}
TOUCHED = {
    "message_templates": "updated_at = now()",
    "message_hooks": "created_at = now()",
    "communications": "updated_at = now()",
}


def _own(coach: str, *tables: str) -> Rows:
    return {table: [f"{coach}/Own"] for table in tables}


def _of(coach: str, member: str, *ways: str) -> Rows:
    of_their_own = _own(coach, "message_templates", "message_hooks")
    return of_their_own | {"communications": [f"{coach}/{member}/{way}" for way in ways]}


SEEN: dict[str, Rows] = {
    "anna": {"communications": ["one/anna/EMAIL/SENT"]},
    "carl": {"communications": ["other/carl/EMAIL/SENT"]},
    "one": _of("one", "anna", "EMAIL/SENT", "PHONE/LOGGED"),
    "other": _of("other", "carl", "EMAIL/SENT", "PHONE/LOGGED"),
}
UPDATED: dict[str, Rows] = {coach: _own(coach, "message_templates") for coach in ("one", "other")}
# Messages are sent by the system.
INSERTED: dict[str, Rows] = {
    "one": _of("one", "anna", "PHONE/LOGGED"),
    "other": _of("other", "carl", "PHONE/LOGGED"),
}
