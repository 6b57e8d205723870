"""The viewer: the asking user with their profiles and permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select, true
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import STRANGER, Actor, Standing
from app.models.coaches import Coach
from app.models.identity import RolePermission, User, UserPermission
from app.models.members import Member


@dataclass(frozen=True, slots=True)
class Viewer:
    user: User
    member: Member | None
    coach: Coach | None
    permissions: list[str]

    @property
    def claims(self) -> dict[str, Any]:
        """What an access token carries: all that an actor is made of, so that a request needs no look-up."""
        return {
            "sub": str(self.user.id),
            "role": self.user.role.value,
            "coach": str(self.coach.id) if self.coach else None,
            "member": str(self.member.id) if self.member else None,
            "perms": self.permissions,
        }

    @property
    def actor(self) -> Actor:
        return actor_of(self.claims)


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The actor that an access token speaks for; a stranger if the claims are not of our making."""
    try:
        return Actor(
            standing=Standing(claims["role"]),
            user_id=UUID(claims["sub"]),
            coach_id=UUID(claims["coach"]) if claims["coach"] else None,
            member_id=UUID(claims["member"]) if claims["member"] else None,
            permissions=frozenset(claims["perms"]),
        )
    except (KeyError, TypeError, ValueError):
        return STRANGER


async def find_viewer(db: AsyncSession, user_id: UUID | None) -> Viewer | None:
    """None when nobody is logged in, or the user is gone or no longer active."""
    if user_id is None:
        return None
    found = (
        await db.exec(
            select(User, Member, Coach)
            .outerjoin(Member, col(Member.user_id) == col(User.id))
            .outerjoin(Coach, col(Coach.user_id) == col(User.id))
            .where(col(User.id) == user_id)
        )
    ).one_or_none()
    if found is None:
        return None
    user, member, coach = found
    return Viewer(user, member, coach, await permissions_of(db, user)) if user.is_active else None


async def permissions_of(db: AsyncSession, user: User) -> list[str]:
    """Those of the role, plus and minus the user's own exceptions, in alphabetical order."""
    of_role = select(RolePermission.permission, true()).where(col(RolePermission.role) == user.role)
    exceptions = select(UserPermission.permission, UserPermission.is_granted).where(
        col(UserPermission.user_id) == user.id
    )
    answers: dict[str, set[bool]] = {}
    for permission, is_granted in await db.execute(of_role.union_all(exceptions)):
        answers.setdefault(permission, set()).add(is_granted)
    return sorted(permission for permission, granted in answers.items() if all(granted))
