"""Elements: how they stand, how they were, and what a coach sees of them."""

from typing import Annotated

import strawberry

from app.models import growth as models
from app.resolvers.arguments import NOT_GIVEN, Before, By, From, OfMember, over_time
from app.schema.growth import ElementalBalance, ElementalSeries, RecordElementalBalanceInput
from app.schema.problems import IdempotencyKeyReused, result_of
from app.schema.relations import Info
from app.services import growth as growth_service
from app.wire.inputs import fields_of
from app.wire.relay import given_key


@strawberry.type
class ElementQuery:
    @strawberry.field(
        graphql_type=ElementalBalance | None,
        description="How a member's elements stand; null while nobody has measured any.",
    )
    async def elemental_balance(self, info: Info, member_id: OfMember = NOT_GIVEN) -> models.ElementalBalance | None:
        whose = given_key(member_id, "Member", "memberId")
        return await info.context.read(growth_service.find_elemental_balance, member_id=whose)

    @strawberry.field(
        graphql_type=ElementalSeries, description="How a member's elements were, by days, weeks or months of their own."
    )
    async def elemental_series(
        self, info: Info, from_: From, to: Before, interval: By, member_id: OfMember = NOT_GIVEN
    ) -> growth_service.ElementalSeries:
        asked = over_time(member_id, from_, to, interval)
        return await info.context.read(growth_service.read_elemental_series, question=asked)


@strawberry.type
class ElementMutation:
    @strawberry.mutation(
        graphql_type=result_of("RecordElementalBalanceResult", ElementalBalance, IdempotencyKeyReused),
        description="Records how the elements of one of one's members stand.",
    )
    async def record_elemental_balance(
        self,
        info: Info,
        input: Annotated[RecordElementalBalanceInput, strawberry.argument(description="What was seen.")],
    ) -> models.ElementalBalance:
        form = growth_service.NewBalance.read(**fields_of(input, member_id="Member"))
        return await info.context.write(growth_service.record_elemental_balance, form=form, now=info.context.now())
