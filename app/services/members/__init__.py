"""Members: who they are and who coaches them."""

from app.services.members.assignment import AssignCoach, assign_coach
from app.services.members.profiles import (
    MemberChanges,
    MemberFilter,
    access_member,
    list_members,
    update_member,
)

__all__ = [
    "AssignCoach",
    "MemberChanges",
    "MemberFilter",
    "access_member",
    "assign_coach",
    "list_members",
    "update_member",
]
