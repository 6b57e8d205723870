"""Breakthroughs: the list, and the coach's word on each."""

from typing import Annotated

import strawberry

from app.models import coherence as models
from app.models.coherence import BreakthroughDimension, BreakthroughStatus
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, OfMember, page
from app.schema.coherence import Breakthrough, ConfirmBreakthroughInput, DismissBreakthroughInput
from app.schema.problems import BreakthroughDecided, result_of
from app.schema.relations import Info
from app.services import coherence as coherence_service
from app.wire.relay import Connection, connection, given_key, parse_key

OfStatus = Annotated[BreakthroughStatus | None, strawberry.argument(description="Of this status only.")]
OfDimension = Annotated[BreakthroughDimension | None, strawberry.argument(description="Of this dimension only.")]


@strawberry.type
class BreakthroughQuery:
    @strawberry.field(graphql_type=Connection[Breakthrough], description="A member's breakthroughs, the newest first.")
    async def breakthroughs(
        self,
        info: Info,
        member_id: OfMember = NOT_GIVEN,
        status: OfStatus = NOT_GIVEN,
        dimension: OfDimension = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[Breakthrough]:
        wanted = coherence_service.BreakthroughFilter.read(
            member_id=given_key(member_id, "Member", "memberId"),
            status=status or None,
            dimension=dimension or None,
        )
        found = await info.context.read(coherence_service.list_breakthroughs, wanted=wanted, page=page(first, after))
        return connection(found)


@strawberry.type
class BreakthroughMutation:
    @strawberry.mutation(
        graphql_type=result_of("ConfirmBreakthroughResult", Breakthrough, BreakthroughDecided),
        description="Says that a rise of one's member is a breakthrough, which the member is told.",
    )
    async def confirm_breakthrough(
        self, info: Info, input: Annotated[ConfirmBreakthroughInput, strawberry.argument(description="Which.")]
    ) -> models.Breakthrough:
        breakthrough_id = parse_key(input.id, "Breakthrough", "id")
        return await info.context.write(
            coherence_service.confirm_breakthrough, breakthrough_id=breakthrough_id, now=info.context.now()
        )

    @strawberry.mutation(
        graphql_type=result_of("DismissBreakthroughResult", Breakthrough, BreakthroughDecided),
        description="Says that a rise of one's member is no breakthrough.",
    )
    async def dismiss_breakthrough(
        self, info: Info, input: Annotated[DismissBreakthroughInput, strawberry.argument(description="Which.")]
    ) -> models.Breakthrough:
        breakthrough_id = parse_key(input.id, "Breakthrough", "id")
        return await info.context.write(
            coherence_service.dismiss_breakthrough, breakthrough_id=breakthrough_id, now=info.context.now()
        )
