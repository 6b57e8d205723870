"""The viewer: the asking user with their profiles and permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import select
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
    user = await db.get(User, user_id) if user_id else None
    if user is None or not user.is_active:
        return None
    member = (await db.exec(select(Member).where(Member.user_id == user.id))).one_or_none()
    coach = (await db.exec(select(Coach).where(Coach.user_id == user.id))).one_or_none()
    return Viewer(user, member, coach, await permissions_of(db, user))


async def permissions_of(db: AsyncSession, user: User) -> list[str]:
    """Those of the role, plus and minus the user's own exceptions, in alphabetical order."""
    of_role = await db.exec(select(RolePermission.permission).where(RolePermission.role == user.role))
    granted = set(of_role)
    for exception in await db.exec(select(UserPermission).where(UserPermission.user_id == user.id)):
        (granted.add if exception.is_granted else granted.discard)(exception.permission)
    return sorted(granted)
