"""Members and the history of their coaches."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import identity as identity_loaders
from app.loaders import members as member_loaders
from app.loaders import risk as risk_loaders
from app.models import members as models
from app.models.members import MemberStatus, OnboardingStatus
from app.schema.coaches import Coach
from app.schema.identity import User
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

if TYPE_CHECKING:
    from app.schema.risk import RiskAssessment

describe(
    MemberStatus,
    "Where a membership stands.",
    {
        "ACTIVE": "Books and has sessions.",
        "PAUSED": "Keeps the coach, books nothing.",
        "COMPLETED": "Has reached the end of the coaching.",
        "ARCHIVED": "Is kept for the records.",
    },
)
describe(
    OnboardingStatus,
    "How far a new member has come.",
    {"PENDING": "Has signed up.", "IN_PROGRESS": "Is being set up.", "COMPLETED": "Is set up."},
)


@strawberry.type(description="A stretch of time in which a member had a coach.")
class Assignment(Node):
    id: strawberry.ID = node_id("Assignment")
    coach = relation(
        Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="Who coached; null if out of sight."
    )
    reason: str | None = strawberry.field(description="Why it came about.")
    started_at: datetime = strawberry.field(description="Since when.")
    ended_at: datetime | None = strawberry.field(description="Until when; null for today's.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Assignment)


@strawberry.type(description="A member's profile. Seen by the member, their coach, and admins.")
class Member(Node):
    id: strawberry.ID = node_id("Member")
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Family name.")
    full_name: str = strawberry.field(description="Both names.")
    phone: str | None = strawberry.field(description="As the member wrote it.")
    emergency_contact: str | None = strawberry.field(description="Whom to call, and how.")
    coaching_focus: str | None = strawberry.field(description="What the member wants to work on.")
    goals: list[str] = strawberry.field(description="In the member's own words.")
    status: MemberStatus = strawberry.field(description="Only active members can book.")
    onboarding_status: OnboardingStatus = strawberry.field(description="How far the member has been set up.")
    start_date: date | None = strawberry.field(description="First day of the membership.")
    end_date: date | None = strawberry.field(description="Last day of the membership.")
    created_at: datetime = strawberry.field(description="When the profile was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    coach = relation(
        Coach | None,
        coach_loaders.coaches_by_id,
        key="coach_id",
        description="Today's coach; null until one is assigned.",
    )
    user = relation(User | None, identity_loaders.users_by_id, key="user_id", description="The login.")
    assignments = relation(
        list[Assignment],
        member_loaders.assignments_by_member,
        key="id",
        description="The history of coaches, newest first; a coach sees their own part of it.",
    )
    risk = relation(
        Annotated["RiskAssessment", strawberry.lazy("app.schema.risk")] | None,
        risk_loaders.newest_risk_by_member,
        key="id",
        description="What was assessed last; null for the member, who does not see it.",
        shown_to=lambda actor, member: actor.may("risk:read"),
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Member)


@strawberry.input(description="Which members to list.")
class MemberFilter:
    search: str | None = strawberry.field(default=strawberry.UNSET, description="Part of the name, in any case.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Members of this coach; a coach can only name themselves."
    )
    status: MemberStatus | None = strawberry.field(default=strawberry.UNSET, description="Of this status only.")
    onboarding_status: OnboardingStatus | None = strawberry.field(
        default=strawberry.UNSET, description="Of this onboarding status only."
    )


@strawberry.input(description="Changes of a member's profile; what is left out stays as it is.")
class UpdateMemberInput:
    id: strawberry.ID = strawberry.field(description="The member.")
    first_name: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 80 characters.")
    last_name: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 80 characters.")
    phone: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 40 characters.")
    emergency_contact: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    coaching_focus: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    goals: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Up to 50, of up to 200 characters."
    )
    status: MemberStatus | None = strawberry.field(default=strawberry.UNSET, description="For coaches and admins.")
    onboarding_status: OnboardingStatus | None = strawberry.field(
        default=strawberry.UNSET, description="How far the member has been set up."
    )
    start_date: date | None = strawberry.field(default=strawberry.UNSET, description="For coaches and admins.")
    end_date: date | None = strawberry.field(default=strawberry.UNSET, description="For coaches and admins.")


@strawberry.input(description="Giving a member a coach.")
class AssignCoachInput:
    member_id: strawberry.ID = strawberry.field(description="The member.")
    coach_id: strawberry.ID = strawberry.field(description="An active coach with a free place.")
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters; kept.")
