"""Looking at slots: the list, the next free one, why not, and live."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import lru_cache
from typing import Annotated

import strawberry

from app.live import ranges as live
from app.resolvers.arguments import NOT_GIVEN, CoachId
from app.schema.relations import Info
from app.schema.scheduling import Slot, SlotAvailability, SlotCalendar, SlotExplanation
from app.services import scheduling as scheduling_service
from app.wire.caching import cached
from app.wire.relay import parse_key
from app.wire.scalars import TimeZone
from app.wire.sharing import shared

From = Annotated[datetime, strawberry.argument(name="from", description="Starts at this instant or later.")]
To = Annotated[datetime, strawberry.argument(description="Starts before this instant; at most 93 days later.")]


@lru_cache(maxsize=1_000)
def _range(coach_id: str, from_: datetime, to: datetime, zone: str | None = None) -> scheduling_service.SlotRange:
    key = parse_key(coach_id, "Coach", "coachId")
    return scheduling_service.SlotRange.read(coach_id=key, from_=from_, to=to, time_zone=zone or None).checked()


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=SlotCalendar,
        description="The slots of a coach as they are for the asker: what is listed as bookable is bookable.",
        metadata=cached(lambda calendar: calendar.state),  # what is selected of it asks nothing of the context
    )
    async def available_slots(
        self,
        info: Info,
        coach_id: CoachId,
        from_: From,
        to: To,
        time_zone: Annotated[
            TimeZone | None,
            strawberry.argument(description="For the local fields; default: the coach's."),
        ] = NOT_GIVEN,
        include_unavailable: Annotated[
            bool | None, strawberry.argument(description="List slots that cannot be booked too, with the reason.")
        ] = False,
    ) -> scheduling_service.SlotCalendar:
        return await info.context.look(
            scheduling_service.available_slots,
            wanted=_range(coach_id, from_, to, time_zone),
            include_unavailable=bool(include_unavailable),
            now=info.context.now(),
        )

    @strawberry.field(graphql_type=Slot | None, description="The first slot that the asker can book.")
    async def next_available_slot(
        self,
        info: Info,
        coach_id: CoachId,
        after: Annotated[datetime | None, strawberry.argument(description="At this instant or later.")] = NOT_GIVEN,
    ) -> scheduling_service.Slot | None:
        wanted = scheduling_service.SlotQuestion.read(
            coach_id=parse_key(coach_id, "Coach", "coachId"), after=after or None
        )
        return await info.context.look(scheduling_service.next_available_slot, wanted=wanted, now=info.context.now())

    @strawberry.field(graphql_type=SlotExplanation, description="Why can I not book this? Every reason, in order.")
    async def explain_slot(
        self,
        info: Info,
        coach_id: CoachId,
        starts_at: Annotated[datetime, strawberry.argument(description="Any instant.")],
    ) -> scheduling_service.SlotExplanation:
        key = parse_key(coach_id, "Coach", "coachId")
        wanted = scheduling_service.SlotQuestion.read(coach_id=key, starts_at=starts_at)
        return await info.context.look(scheduling_service.explain_slot, wanted=wanted, now=info.context.now())


@strawberry.type
class Subscription:
    @strawberry.subscription(
        graphql_type=SlotAvailability,
        description="Every slot of the range at once, then each change as it is made by anybody.",
        metadata=shared(),  # slots are as everybody sees them who may look at all
    )
    async def slot_availability(
        self, info: Info, coach_id: CoachId, from_: From, to: To
    ) -> AsyncIterator[live.SlotAvailability]:
        wanted, context = _range(coach_id, from_, to), info.context
        return context.house.live.slot_availability(
            context.asking(), wanted.coach_id, wanted.from_, wanted.to, context.actor_until
        )
