"""How engaged a member is, and how often they did what."""

from typing import Annotated

import strawberry

from app.models.growth import Metric
from app.resolvers.arguments import NOT_GIVEN, Before, By, From, OfMember, over_time
from app.schema.growth import Engagement, EngagementSeries
from app.schema.relations import Info
from app.services import growth as growth_service
from app.wire.relay import given_key

What = Annotated[Metric, strawberry.argument(description="What is counted.")]


@strawberry.type
class EngagementQuery:
    @strawberry.field(graphql_type=Engagement, description="How engaged a member is, and what makes it so.")
    async def engagement(self, info: Info, member_id: OfMember = NOT_GIVEN) -> growth_service.ReadEngagement:
        whose = given_key(member_id, "Member", "memberId")
        return await info.context.read(growth_service.find_engagement, member_id=whose)

    @strawberry.field(
        graphql_type=EngagementSeries,
        description="How often a member did something, by days, weeks or months of their own.",
    )
    async def engagement_series(
        self, info: Info, metric: What, from_: From, to: Before, interval: By, member_id: OfMember = NOT_GIVEN
    ) -> growth_service.MetricSeries:
        asked = over_time(member_id, from_, to, interval)
        return await info.context.read(growth_service.read_engagement_series, question=asked, metric=metric)
