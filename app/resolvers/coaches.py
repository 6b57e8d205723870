"""Coaches: the list, one, creating and changing."""

from typing import Annotated

import strawberry

from app.models import coaches as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, NodeId, page
from app.schema.coaches import Coach, CoachFilter, CreateCoachInput, UpdateCoachInput
from app.schema.problems import BookingsInTheWay, EmailTaken, result_of
from app.schema.relations import Info
from app.services import coaches as coach_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, parse_key

Filter = Annotated[CoachFilter | None, strawberry.argument(description="Which coaches; default: all.")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[Coach],
        description="Active coaches. A stranger sees those who accept members, an admin all of any status.",
    )
    async def coaches(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN, filter: Filter = NOT_GIVEN
    ) -> Connection[Coach]:
        wanted = coach_service.CoachFilter.read(**(fields_of(filter) if filter else {}))
        found = await info.context.read(coach_service.list_coaches, wanted=wanted, page=page(first, after))
        return connection(found)

    @strawberry.field(graphql_type=Coach | None, description="One coach.")
    async def coach(self, info: Info, id: NodeId) -> models.Coach:
        return await info.context.read(coach_service.access_coach, parse_key(id, "Coach", "id"))


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("CreateCoachResult", Coach, EmailTaken),
        description="Makes a coach's account, active at once. For admins.",
    )
    async def create_coach(
        self, info: Info, input: Annotated[CreateCoachInput, strawberry.argument(description="The account.")]
    ) -> models.Coach:
        form = coach_service.NewCoach.read(**fields_of(input))
        return await info.context.write(coach_service.create_coach, info.context.house.passwords, form=form)

    @strawberry.mutation(
        graphql_type=result_of("UpdateCoachResult", Coach, BookingsInTheWay),
        description="Changes one's own coaching profile; as an admin, anybody's.",
    )
    async def update_coach(
        self, info: Info, input: Annotated[UpdateCoachInput, strawberry.argument(description="The changes.")]
    ) -> models.Coach:
        changes = fields_of(input, id="Coach")
        coach_id = changes.pop("id")
        form = coach_service.CoachChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(coach_service.update_coach, coach_id=coach_id, form=form, now=now)
