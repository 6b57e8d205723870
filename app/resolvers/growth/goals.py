"""Goals: the list, their values and milestones, and what becomes of them."""

from typing import Annotated

import strawberry

from app.models import growth as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.growth import (
    AbandonGoalInput,
    AddGoalInput,
    AddMilestoneInput,
    Goal,
    GoalFilter,
    GoalOutcomes,
    GoalUpdate,
    Milestone,
    ReachMilestoneInput,
    RecordGoalProgressInput,
    RemoveMilestoneInput,
    ReopenMilestoneInput,
    UpdateGoalInput,
    UpdateMilestoneInput,
    WithdrawGoalUpdateInput,
)
from app.schema.problems import (
    GoalIsOver,
    IdempotencyKeyReused,
    MilestoneIsReached,
    TooLateToUndo,
    TooManyGoals,
    TooManyMilestones,
    VersionConflict,
    result_of,
)
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.services import growth as growth_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, global_id, parse_key

OfMember = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="memberId", description="Of this member; a member's own if both are left out."),
]
OfCoach = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="coachId", description="Of this coach's members; a coach's own if both are left out."),
]
Which = Annotated[GoalFilter | None, strawberry.argument(description="Which; all one's own if it is left out.")]
GoalId = Annotated[strawberry.ID, strawberry.argument(name="goalId", description="The goal.")]


@strawberry.type
class GoalQuery:
    @strawberry.field(
        graphql_type=Connection[Goal],
        description="Goals of a member, or of all members of a coach, the newest first.",
    )
    async def goals(
        self, info: Info, filter: Which = NOT_GIVEN, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN
    ) -> Connection[Goal]:
        given = fields_of(filter, member_id="Member", coach_id="Coach") if filter else {}
        found = await info.context.read(
            growth_service.list_goals,
            wanted=growth_service.GoalFilter.read(**given),
            page=page(first, after),
            now=info.context.now(),
        )
        return connection(found)

    @strawberry.field(
        graphql_type=Connection[GoalUpdate],
        description="The values that were measured of a goal, the newest first, those that were taken back too.",
    )
    async def goal_updates(
        self, info: Info, goal_id: GoalId, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN
    ) -> Connection[GoalUpdate]:
        found = await info.context.read(
            growth_service.list_goal_updates, goal_id=parse_key(goal_id, "Goal", "goalId"), page=page(first, after)
        )
        return connection(found)

    @strawberry.field(
        graphql_type=GoalOutcomes,
        description="How many goals are reached, on the way and late: of a member, or of all members of a coach.",
    )
    async def goal_outcomes(
        self, info: Info, member_id: OfMember = NOT_GIVEN, coach_id: OfCoach = NOT_GIVEN
    ) -> growth_service.GoalOutcomes:
        wanted = growth_service.OfWhom.read(
            member_id=given_key(member_id, "Member", "memberId"),
            coach_id=given_key(coach_id, "Coach", "coachId"),
        )
        return await info.context.read(growth_service.find_goal_outcomes, wanted=wanted, now=info.context.now())


@strawberry.type
class GoalMutation:
    @strawberry.mutation(
        graphql_type=result_of("AddGoalResult", Goal, TooManyGoals, IdempotencyKeyReused),
        description="Sets a goal for oneself or one's member, who has at most 50 at a time.",
    )
    async def add_goal(
        self, info: Info, input: Annotated[AddGoalInput, strawberry.argument(description="The goal.")]
    ) -> models.Goal:
        form = growth_service.NewGoal.read(**fields_of(input, member_id="Member"))
        return await info.context.write(growth_service.add_goal, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateGoalResult", Goal, VersionConflict, GoalIsOver),
        description="Changes an active goal of one's own or of one's member; progress follows.",
    )
    async def update_goal(
        self, info: Info, input: Annotated[UpdateGoalInput, strawberry.argument(description="The changes.")]
    ) -> models.Goal:
        form = growth_service.GoalChanges.read(**fields_of(input, id="Goal"))
        return await info.context.write(growth_service.update_goal, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("AbandonGoalResult", Goal, VersionConflict, GoalIsOver),
        description="Gives a goal up, for good; what is given up already stays as it is.",
    )
    async def abandon_goal(
        self, info: Info, input: Annotated[AbandonGoalInput, strawberry.argument(description="Which.")]
    ) -> models.Goal:
        form = growth_service.AbandonGoal.read(**fields_of(input, id="Goal"))
        return await info.context.write(growth_service.abandon_goal, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RecordGoalProgressResult", GoalUpdate, GoalIsOver, IdempotencyKeyReused),
        description="Records a value; it reaches the milestones that it has come to, and at the target the goal.",
    )
    async def record_goal_progress(
        self, info: Info, input: Annotated[RecordGoalProgressInput, strawberry.argument(description="The value.")]
    ) -> models.GoalUpdate:
        form = growth_service.NewValue.read(**fields_of(input, goal_id="Goal"))
        return await info.context.write(growth_service.record_goal_progress, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("WithdrawGoalUpdateResult", GoalUpdate, TooLateToUndo, GoalIsOver),
        description="Takes back the newest value that one has recorded, on its day, with all that it has reached.",
    )
    async def withdraw_goal_update(
        self, info: Info, input: Annotated[WithdrawGoalUpdateInput, strawberry.argument(description="Which.")]
    ) -> models.GoalUpdate:
        update_id = parse_key(input.id, "GoalUpdate", "id")
        return await info.context.write(
            growth_service.withdraw_goal_update, update_id=update_id, now=info.context.now()
        )

    @strawberry.mutation(
        graphql_type=result_of("AddMilestoneResult", Milestone, TooManyMilestones, GoalIsOver, IdempotencyKeyReused),
        description="Adds a step to an active goal, which has at most 20.",
    )
    async def add_milestone(
        self, info: Info, input: Annotated[AddMilestoneInput, strawberry.argument(description="The milestone.")]
    ) -> models.Milestone:
        form = growth_service.NewMilestone.read(**fields_of(input, goal_id="Goal"))
        return await info.context.write(growth_service.add_milestone, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateMilestoneResult", Milestone, VersionConflict, MilestoneIsReached, GoalIsOver),
        description="Changes or moves a step; of what was reached, only its place.",
    )
    async def update_milestone(
        self, info: Info, input: Annotated[UpdateMilestoneInput, strawberry.argument(description="The changes.")]
    ) -> models.Milestone:
        form = growth_service.MilestoneChanges.read(**fields_of(input, id="Milestone"))
        return await info.context.write(growth_service.update_milestone, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RemoveMilestoneResult", Removed, MilestoneIsReached, GoalIsOver),
        description="Removes a step that was not reached.",
    )
    async def remove_milestone(
        self, info: Info, input: Annotated[RemoveMilestoneInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        milestone_id = parse_key(input.id, "Milestone", "id")
        gone = await info.context.write(growth_service.remove_milestone, milestone_id=milestone_id)
        return Removed(id=global_id("Milestone", gone))

    @strawberry.mutation(
        graphql_type=result_of("ReachMilestoneResult", Milestone, GoalIsOver),
        description="Says that a step without a value was reached; what is reached already stays as it is.",
    )
    async def reach_milestone(
        self, info: Info, input: Annotated[ReachMilestoneInput, strawberry.argument(description="Which.")]
    ) -> models.Milestone:
        milestone_id = parse_key(input.id, "Milestone", "id")
        return await info.context.write(
            growth_service.reach_milestone, milestone_id=milestone_id, now=info.context.now()
        )

    @strawberry.mutation(
        graphql_type=result_of("ReopenMilestoneResult", Milestone, TooLateToUndo, GoalIsOver),
        description="Takes back, on its day, that a step was reached by hand.",
    )
    async def reopen_milestone(
        self, info: Info, input: Annotated[ReopenMilestoneInput, strawberry.argument(description="Which.")]
    ) -> models.Milestone:
        milestone_id = parse_key(input.id, "Milestone", "id")
        return await info.context.write(
            growth_service.reopen_milestone, milestone_id=milestone_id, now=info.context.now()
        )
