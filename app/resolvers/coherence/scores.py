"""How coherent a member is: now, one score after the other, over time, and live."""

from collections.abc import AsyncIterator

import strawberry

from app.live import coherence as live
from app.resolvers.arguments import (
    DEFAULT_FIRST,
    NOT_GIVEN,
    After,
    Before,
    By,
    First,
    From,
    OfMember,
    over_time,
    page,
)
from app.schema.coherence import CoherenceScore, CoherenceSeries, CoherenceSummary, CoherenceUpdated
from app.schema.relations import Info
from app.services import coherence as coherence_service
from app.wire.relay import Connection, connection, given_key


@strawberry.type
class CoherenceQuery:
    @strawberry.field(graphql_type=CoherenceSummary, description="How a member stands, and what changed last.")
    async def coherence(self, info: Info, member_id: OfMember = NOT_GIVEN) -> coherence_service.Summary:
        return await info.context.read(
            coherence_service.find_coherence, member_id=given_key(member_id, "Member", "memberId")
        )

    @strawberry.field(graphql_type=Connection[CoherenceScore], description="A member's scores, the newest first.")
    async def coherence_scores(
        self, info: Info, member_id: OfMember = NOT_GIVEN, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN
    ) -> Connection[CoherenceScore]:
        found = await info.context.read(
            coherence_service.list_scores, member_id=given_key(member_id, "Member", "memberId"), page=page(first, after)
        )
        return connection(found)

    @strawberry.field(
        graphql_type=CoherenceSeries,
        description="A member's coherence by days, weeks or months of their own time zone, at most 1,200 of them.",
    )
    async def coherence_series(
        self,
        info: Info,
        from_: From,
        to: Before,
        interval: By,
        member_id: OfMember = NOT_GIVEN,
    ) -> coherence_service.Series:
        question = over_time(member_id, from_, to, interval)
        return await info.context.read(coherence_service.read_series, question=question)


@strawberry.type
class CoherenceSubscription:
    @strawberry.subscription(
        graphql_type=CoherenceUpdated,
        description="How a member stands, at once and after each new score, and which breakthroughs are new or decided."
        " Who may ask for `coherence` may; that is asked again for each message.",
    )
    async def coherence_updated(
        self, info: Info, member_id: OfMember = NOT_GIVEN
    ) -> AsyncIterator[live.CoherenceUpdated]:
        context = info.context
        return live.coherence_updated(
            context.house.views, context.asking(), given_key(member_id, "Member", "memberId"), context.actor_until
        )
