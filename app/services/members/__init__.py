"""Members: who they are and who coaches them."""

from app.services.members.assignment import AssignCoach, assign_coach
from app.services.members.over_time import Interval, OverTime, asked_of
from app.services.members.profiles import (
    MemberChanges,
    MemberFilter,
    access_member,
    list_members,
    update_member,
)
from app.services.members.whose import access_whose, day_of, named_or_self

__all__ = [
    "AssignCoach",
    "Interval",
    "MemberChanges",
    "MemberFilter",
    "OverTime",
    "access_member",
    "access_whose",
    "asked_of",
    "assign_coach",
    "day_of",
    "list_members",
    "named_or_self",
    "update_member",
]
