"""Deliveries, for those who see to them."""

from typing import Annotated

import strawberry

from app.models import notifications as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.deliveries import Delivery, DeliveryFilter, ResendDeliveryInput
from app.schema.problems import result_of
from app.schema.relations import Info
from app.services.notifications import deliveries as delivery_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, parse_key

Filter = Annotated[DeliveryFilter | None, strawberry.argument(description="Which deliveries; default: all.")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[Delivery],
        description="What was to leave by mail and SMS, and what became of it; newest first. For admins.",
    )
    async def deliveries(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN, filter: Filter = NOT_GIVEN
    ) -> Connection[Delivery]:
        wanted = delivery_service.DeliveryFilter.read(**(fields_of(filter, user_id="User") if filter else {}))
        found = await info.context.read(delivery_service.list_deliveries, wanted=wanted, page=page(first, after))
        return connection(found)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("ResendDeliveryResult", Delivery),
        description="Sends a mail or an SMS again, as a new one. For admins.",
    )
    async def resend_delivery(
        self, info: Info, input: Annotated[ResendDeliveryInput, strawberry.argument(description="Which one.")]
    ) -> models.Delivery:
        delivery_id = parse_key(input.id, "Delivery", "id")
        return await info.context.write(delivery_service.resend_delivery, delivery_id=delivery_id)
