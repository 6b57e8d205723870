"""Interventions: the library, giving them to members, doing and rating them."""

from typing import Annotated

import strawberry

from app.models import growth as models
from app.models.growth import InterventionStatus
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, OfMember, page
from app.schema.growth import (
    AddInterventionInput,
    AssignInterventionInput,
    Intervention,
    InterventionFilter,
    MemberIntervention,
    RateInterventionInput,
    UpdateInterventionInput,
    UpdateInterventionProgressInput,
    WriteInterventionNoteInput,
)
from app.schema.problems import (
    IdempotencyKeyReused,
    InterventionAlreadyAssigned,
    InterventionIsOver,
    InterventionNotCompleted,
    TooManyInterventions,
    result_of,
)
from app.schema.relations import Info
from app.services import growth as growth_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key

Wanted = Annotated[InterventionFilter | None, strawberry.argument(description="Which; default: all that are in use.")]
OfStatus = Annotated[InterventionStatus | None, strawberry.argument(description="Of this status only.")]


@strawberry.type
class InterventionQuery:
    @strawberry.field(
        graphql_type=Connection[Intervention],
        description="By their names: the library's, a coach's own besides, an admin's all.",
    )
    async def interventions(
        self, info: Info, filter: Wanted = NOT_GIVEN, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN
    ) -> Connection[Intervention]:
        wanted = growth_service.InterventionFilter.read(**(fields_of(filter, coach_id="Coach") if filter else {}))
        found = await info.context.read(growth_service.list_interventions, wanted=wanted, page=page(first, after))
        return connection(found)

    @strawberry.field(
        graphql_type=Connection[MemberIntervention], description="What one member was given, the newest first."
    )
    async def member_interventions(
        self,
        info: Info,
        member_id: OfMember = NOT_GIVEN,
        status: OfStatus = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[MemberIntervention]:
        found = await info.context.read(
            growth_service.list_member_interventions,
            member_id=given_key(member_id, "Member", "memberId"),
            status=status or None,
            page=page(first, after),
        )
        return connection(found)


@strawberry.type
class InterventionMutation:
    @strawberry.mutation(
        graphql_type=result_of("AddInterventionResult", Intervention, TooManyInterventions),
        description="Adds an intervention to one's own; as an admin, to the library.",
    )
    async def add_intervention(
        self, info: Info, input: Annotated[AddInterventionInput, strawberry.argument(description="The intervention.")]
    ) -> models.Intervention:
        form = growth_service.NewIntervention.read(**fields_of(input))
        return await info.context.write(growth_service.add_intervention, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateInterventionResult", Intervention),
        description="Changes one of one's own; as an admin, any. What members were given before stays as it was.",
    )
    async def update_intervention(
        self, info: Info, input: Annotated[UpdateInterventionInput, strawberry.argument(description="The changes.")]
    ) -> models.Intervention:
        changes = fields_of(input, id="Intervention")
        intervention_id = changes.pop("id")
        form = growth_service.InterventionChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(
            growth_service.update_intervention, intervention_id=intervention_id, form=form, now=now
        )

    @strawberry.mutation(
        graphql_type=result_of(
            "AssignInterventionResult", MemberIntervention, InterventionAlreadyAssigned, IdempotencyKeyReused
        ),
        description="Gives one of one's members an intervention, with its text of today; as an admin, anybody.",
    )
    async def assign_intervention(
        self, info: Info, input: Annotated[AssignInterventionInput, strawberry.argument(description="What to whom.")]
    ) -> models.MemberIntervention:
        given = fields_of(input, member_id="Member", intervention_id="Intervention")
        form = growth_service.AssignIntervention.read(**given)
        return await info.context.write(growth_service.assign_intervention, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateInterventionProgressResult", MemberIntervention, InterventionIsOver),
        description="Says how a member gets on: by the member, or by who coaches them.",
    )
    async def update_intervention_progress(
        self,
        info: Info,
        input: Annotated[UpdateInterventionProgressInput, strawberry.argument(description="How far it has come.")],
    ) -> models.MemberIntervention:
        form = growth_service.Progress.read(**fields_of(input, id="MemberIntervention"))
        return await info.context.write(growth_service.update_intervention_progress, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RateInterventionResult", MemberIntervention, InterventionNotCompleted),
        description="Says how much a completed intervention has helped oneself; it may be said anew.",
    )
    async def rate_intervention(
        self, info: Info, input: Annotated[RateInterventionInput, strawberry.argument(description="The rating.")]
    ) -> models.MemberIntervention:
        form = growth_service.RateIntervention.read(**fields_of(input, id="MemberIntervention"))
        return await info.context.write(growth_service.rate_intervention, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("WriteInterventionNoteResult", MemberIntervention),
        description="Keeps a note of a member's intervention, for who coaches them and admins.",
    )
    async def write_intervention_note(
        self, info: Info, input: Annotated[WriteInterventionNoteInput, strawberry.argument(description="The note.")]
    ) -> models.MemberIntervention:
        form = growth_service.InterventionNote.read(**fields_of(input, id="MemberIntervention"))
        return await info.context.write(growth_service.write_intervention_note, form=form, now=info.context.now())
