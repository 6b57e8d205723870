"""What a coach sees first."""

from typing import Annotated

import strawberry

from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.analytics import ClientDashboard, DashboardMemberFilter
from app.schema.relations import Info
from app.services import analytics as analytics_service
from app.services.analytics import DashboardOrder
from app.wire.inputs import fields_of
from app.wire.relay import given_key

OfCoach = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Whose members; default: one's own, for an admin all of the practice."),
]
Filter = Annotated[
    DashboardMemberFilter | None,
    strawberry.argument(description="Which members; default: all who are not archived."),
]
Order = Annotated[DashboardOrder, strawberry.argument(description="Who comes first.")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=ClientDashboard,
        description="A coach's members at one glance, with figures over all of them. For coaches and admins.",
    )
    async def client_dashboard(
        self,
        info: Info,
        coach_id: OfCoach = NOT_GIVEN,
        filter: Filter = NOT_GIVEN,
        order: Order = DashboardOrder.NAME,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> analytics_service.Dashboard:
        return await info.context.read(
            analytics_service.read_dashboard,
            coach_id=given_key(coach_id, "Coach", "coachId"),
            wanted=analytics_service.DashboardFilter.read(**(fields_of(filter) if filter else {})),
            order=order,
            page=page(first, after),
            now=info.context.now(),
        )
