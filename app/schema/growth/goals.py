"""Goals of members, how far they have come, and what becomes of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from app.loaders import growth as growth_loaders
from app.loaders import members as member_loaders
from app.models import growth as models
from app.models.coherence.dimensions import Dimension
from app.models.growth import GoalStatus
from app.schema.coherence import dimensions  # noqa: F401  so that they are described
from app.schema.members import Member
from app.schema.relations import relation
from app.services import growth as growth_service
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    GoalStatus,
    "Where a goal stands.",
    {
        "ACTIVE": "Is to be reached.",
        "REACHED": "A value has come to the target.",
        "ABANDONED": "Was given up before.",
    },
)

_KEY = "Up to 200 characters of the client's choice: a retry under the same key does nothing more."
_VERSION = "The version that the asker has seen."
_VALUE = "Below 10,000,000,000 either way, with at most 4 decimals."
_SPECIFIC = "What exactly is to be different. Up to 2,000 characters."
_MEASURE = "What is measured, such as weight or talks held. Up to 200 characters."
_UNIT = "In what it is measured. Up to 40 characters."
_ACHIEVABLE = "Why it can be done, and with what. Up to 2,000 characters."
_RELEVANT = "Why it matters. Up to 2,000 characters."
_TARGET = "The value to be reached, above the baseline or below it. " + _VALUE


@strawberry.type(description="What a member wants to reach: specific, measured, achievable, relevant, and due.")
class Goal(Node):
    id: strawberry.ID = node_id("Goal")
    title: str = strawberry.field(description="In a line.")
    specific: str | None = strawberry.field(description="What exactly is to be different.")
    measure: str = strawberry.field(description="What is measured.")
    unit: str | None = strawberry.field(description="In what it is measured.")
    baseline: Decimal = strawberry.field(description="The value at the beginning.")
    target: Decimal = strawberry.field(description="The value to be reached, above the baseline or below it.")
    current: Decimal = strawberry.field(description="The newest value that was not taken back, or the baseline.")
    progress: Decimal = strawberry.field(
        description="How much of the way from the baseline to the target is done, in per cent: 0 to 100, with one"
        " decimal, rounded down, so that only 100 says that it is reached."
    )
    achievable: str | None = strawberry.field(description="Why it can be done, and with what.")
    relevant: str | None = strawberry.field(description="Why it matters.")
    target_date: date = strawberry.field(description="By the end of which day, where the member is.")
    dimension: Dimension | None = strawberry.field(description="The dimension of coherence that it is about, if one.")
    status: GoalStatus = strawberry.field(description="Where it stands.")
    ended_at: datetime | None = strawberry.field(description="When it was reached or given up.")
    version: int = strawberry.field(
        description="Rises by one when somebody edits the goal, not with values; give it back to change it."
    )
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it, or how far it is, last changed.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="The member; null if out of sight."
    )
    milestones = relation(
        list[Annotated["Milestone", strawberry.lazy("app.schema.growth.goals")]],
        growth_loaders.milestones_by_goal,
        key="id",
        description="The steps on the way, in their order: at most 20.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Goal)


@strawberry.type(description="A value that was measured of a goal.")
class GoalUpdate(Node):
    id: strawberry.ID = node_id("GoalUpdate")
    number: int = strawberry.field(description="Which value of the goal it is, counted from one.")
    value: Decimal = strawberry.field(description="In the unit of the goal.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")
    withdrawn_at: datetime | None = strawberry.field(description="When it was taken back; it does not count then.")
    goal = relation(Goal | None, growth_loaders.goals_by_id, key="goal_id", description="The goal.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.GoalUpdate)


@strawberry.type(description="A step on the way to a goal. It is reached once, by a value or by hand.")
class Milestone(Node):
    id: strawberry.ID = node_id("Milestone")
    title: str = strawberry.field(description="In a line.")
    target_value: Decimal | None = strawberry.field(
        description="The value that reaches it; null for one that is reached by hand."
    )
    target_date: date | None = strawberry.field(description="By the end of which day, where the member is.")
    position: int = strawberry.field(description="Its place among the milestones of the goal, from one.")
    reached_at: datetime | None = strawberry.field(description="When it was reached.")
    version: int = strawberry.field(description="Rises by one when somebody edits it; give it back to change it.")
    goal = relation(Goal | None, growth_loaders.goals_by_id, key="goal_id", description="The goal.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Milestone)


@strawberry.type(description="What becomes of the goals of a member, or of all members of a coach.")
class GoalOutcomes:
    active: int = strawberry.field(description="How many are to be reached.")
    reached: int = strawberry.field(description="How many were reached.")
    reached_in_time: int = strawberry.field(description="How many of them by their day, where the member is.")
    abandoned: int = strawberry.field(description="How many were given up.")
    overdue: int = strawberry.field(description="How many of the active ones are past their day.")
    reached_percent: Decimal | None = strawberry.field(
        description="Of those that have ended, how many were reached, in per cent with one decimal; null of none."
    )
    mean_progress: Decimal | None = strawberry.field(
        description="The mean progress of the active ones, in per cent with one decimal; null of none."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.GoalOutcomes)


@strawberry.input(description="Which goals.")
class GoalFilter:
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Of this member; a member's own if both are left out."
    )
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Of this coach's members; a coach's own if both are left out."
    )
    status: GoalStatus | None = strawberry.field(default=strawberry.UNSET, description="Of this status.")
    dimension: Dimension | None = strawberry.field(default=strawberry.UNSET, description="About this dimension.")
    is_overdue: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Active and past their day where the member is; false: all others."
    )


@strawberry.input(description="A goal of one's own, or of one's member.")
class AddGoalInput:
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whose; a member's own if it is left out."
    )
    title: str = strawberry.field(description="In a line, up to 200 characters.")
    specific: str | None = strawberry.field(default=strawberry.UNSET, description=_SPECIFIC)
    measure: str = strawberry.field(description=_MEASURE)
    unit: str | None = strawberry.field(default=strawberry.UNSET, description=_UNIT)
    baseline: Decimal = strawberry.field(description="The value today. " + _VALUE)
    target: Decimal = strawberry.field(description=_TARGET)
    achievable: str | None = strawberry.field(default=strawberry.UNSET, description=_ACHIEVABLE)
    relevant: str | None = strawberry.field(default=strawberry.UNSET, description=_RELEVANT)
    target_date: date = strawberry.field(description="By the end of which day, where the member is: not over yet.")
    dimension: Dimension | None = strawberry.field(default=strawberry.UNSET, description="What it is about.")
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=_KEY)


@strawberry.input(description="Changes of an active goal; what is left out stays as it is, null takes a text away.")
class UpdateGoalInput:
    id: strawberry.ID = strawberry.field(description="The goal.")
    expected_version: int = strawberry.field(description=_VERSION)
    title: str | None = strawberry.field(default=strawberry.UNSET, description="In a line, up to 200 characters.")
    specific: str | None = strawberry.field(default=strawberry.UNSET, description=_SPECIFIC)
    measure: str | None = strawberry.field(default=strawberry.UNSET, description=_MEASURE)
    unit: str | None = strawberry.field(default=strawberry.UNSET, description=_UNIT)
    baseline: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="The value at the beginning. " + _VALUE
    )
    target: Decimal | None = strawberry.field(default=strawberry.UNSET, description=_TARGET)
    achievable: str | None = strawberry.field(default=strawberry.UNSET, description=_ACHIEVABLE)
    relevant: str | None = strawberry.field(default=strawberry.UNSET, description=_RELEVANT)
    target_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="By the end of which day; another one must not be over yet."
    )
    dimension: Dimension | None = strawberry.field(default=strawberry.UNSET, description="What it is about.")


@strawberry.input(description="A goal that is given up.")
class AbandonGoalInput:
    id: strawberry.ID = strawberry.field(description="The goal.")
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="A value that was measured.")
class RecordGoalProgressInput:
    goal_id: strawberry.ID = strawberry.field(description="The goal.")
    value: Decimal = strawberry.field(description="In the unit of the goal. " + _VALUE)
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=_KEY)


@strawberry.input(description="A value that is taken back.")
class WithdrawGoalUpdateInput:
    id: strawberry.ID = strawberry.field(description="The value.")


@strawberry.input(description="A step on the way to a goal.")
class AddMilestoneInput:
    goal_id: strawberry.ID = strawberry.field(description="The goal.")
    title: str = strawberry.field(description="In a line, up to 200 characters.")
    target_value: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="The value that reaches it, between where the goal is and its target."
    )
    target_date: date | None = strawberry.field(default=strawberry.UNSET, description="By the end of which day.")
    position: int | None = strawberry.field(
        default=strawberry.UNSET, description="Its place, 1 to 20; at the end if it is left out."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=_KEY)


@strawberry.input(description="Changes of a milestone; what is left out stays as it is.")
class UpdateMilestoneInput:
    id: strawberry.ID = strawberry.field(description="The milestone.")
    expected_version: int = strawberry.field(description=_VERSION)
    title: str | None = strawberry.field(default=strawberry.UNSET, description="In a line, up to 200 characters.")
    target_value: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="The value that reaches it; null for one to be reached by hand."
    )
    target_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="By the end of which day; null for any time."
    )
    position: int | None = strawberry.field(
        default=strawberry.UNSET, description="Its new place, 1 to 20; the others make room."
    )


@strawberry.input(description="A milestone that is not wanted any more.")
class RemoveMilestoneInput:
    id: strawberry.ID = strawberry.field(description="The milestone.")


@strawberry.input(description="A milestone that was reached.")
class ReachMilestoneInput:
    id: strawberry.ID = strawberry.field(description="The milestone.")


@strawberry.input(description="A milestone that was not reached after all.")
class ReopenMilestoneInput:
    id: strawberry.ID = strawberry.field(description="The milestone.")
