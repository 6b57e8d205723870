"""Members: the list, one, changing, and giving them a coach."""

from typing import Annotated

import strawberry

from app.models import members as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, NodeId, page
from app.schema.members import AssignCoachInput, Member, MemberFilter, UpdateMemberInput
from app.schema.problems import AlreadyAssigned, CoachAtCapacity, CoachNotAcceptingMembers, result_of
from app.schema.relations import Info
from app.services import members as member_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, parse_key

Filter = Annotated[MemberFilter | None, strawberry.argument(description="Which members; default: all in sight.")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[Member], description="A coach's own members; an admin's all. In the order they came."
    )
    async def members(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN, filter: Filter = NOT_GIVEN
    ) -> Connection[Member]:
        wanted = member_service.MemberFilter.read(**(fields_of(filter, coach_id="Coach") if filter else {}))
        found = await info.context.read(member_service.list_members, wanted=wanted, page=page(first, after))
        return connection(found)

    @strawberry.field(graphql_type=Member | None, description="One member: oneself, one's own, or as an admin any.")
    async def member(self, info: Info, id: NodeId) -> models.Member:
        return await info.context.read(member_service.access_member, parse_key(id, "Member", "id"))


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("UpdateMemberResult", Member, CoachAtCapacity),
        description="Changes a member's profile: one's own, or one of one's members.",
    )
    async def update_member(
        self, info: Info, input: Annotated[UpdateMemberInput, strawberry.argument(description="The changes.")]
    ) -> models.Member:
        changes = fields_of(input, id="Member")
        member_id = changes.pop("id")
        form = member_service.MemberChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(member_service.update_member, member_id=member_id, form=form, now=now)

    @strawberry.mutation(
        graphql_type=result_of("AssignCoachResult", Member, CoachAtCapacity, CoachNotAcceptingMembers, AlreadyAssigned),
        description="Gives a member a coach, or another one. For admins.",
    )
    async def assign_coach(
        self, info: Info, input: Annotated[AssignCoachInput, strawberry.argument(description="Who to whom.")]
    ) -> models.Member:
        form = member_service.AssignCoach.read(**fields_of(input, member_id="Member", coach_id="Coach"))
        return await info.context.write(member_service.assign_coach, form=form, now=info.context.now())
