"""Who is asking: the one argument that every rule and every row-level-security policy decides by."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class Standing(StrEnum):
    """What an actor is; MEMBER, COACH and ADMIN are the roles of a user."""

    STRANGER = "STRANGER"
    MEMBER = "MEMBER"
    COACH = "COACH"
    ADMIN = "ADMIN"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Actor:
    """Frozen for the length of one operation; `coach_id` and `member_id` are the profile of the user, if any."""

    standing: Standing
    user_id: UUID | None = None
    coach_id: UUID | None = None
    member_id: UUID | None = None
    permissions: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        return permission in self.permissions or self.standing is Standing.SYSTEM

    @property
    def is_logged_in(self) -> bool:
        return self.user_id is not None

    @property
    def is_admin(self) -> bool:
        return self.standing is Standing.ADMIN

    def settings(self) -> Mapping[str, str]:
        """What the database's policies read; every key is always set, so that nothing is left from another actor."""
        return MappingProxyType(
            {
                "app.role": self.standing.value,
                "app.system": "on" if self.standing is Standing.SYSTEM else "",
                "app.user_id": str(self.user_id or ""),
                "app.coach_id": str(self.coach_id or ""),
                "app.member_id": str(self.member_id or ""),
                "app.calendar_id": "",
            }
        )


STRANGER = Actor(Standing.STRANGER)
SYSTEM = Actor(Standing.SYSTEM)
