"""Calendars that a coach keeps elsewhere."""

from typing import Annotated

import strawberry

from app.models import scheduling as models
from app.resolvers.arguments import NOT_GIVEN
from app.schema.problems import TooManyOutsideCalendars, result_of
from app.schema.relations import Info
from app.schema.scheduling import (
    AddOutsideCalendarInput,
    OutsideCalendar,
    RefreshOutsideCalendarInput,
    Removed,
    RemoveOutsideCalendarInput,
    UpdateOutsideCalendarInput,
)
from app.services import scheduling as scheduling_service
from app.wire.inputs import fields_of
from app.wire.relay import given_key, global_id

Whose = Annotated[
    strawberry.ID | None, strawberry.argument(description="The coach; for admins, others have their own.")
]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=list[OutsideCalendar],
        description="A coach's calendars elsewhere, at most ten, in the order in which they were added.",
    )
    async def outside_calendars(self, info: Info, coach_id: Whose = NOT_GIVEN) -> list[models.OutsideCalendar]:
        whose = given_key(coach_id, "Coach", "coachId")
        return await info.context.read(scheduling_service.list_outside_calendars, coach_id=whose)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("AddOutsideCalendarResult", OutsideCalendar, TooManyOutsideCalendars),
        description="Keeps what is busy in a calendar elsewhere from being booked; as an admin, in anybody's calendar."
        " It is fetched in the background. Sessions that are booked stay.",
    )
    async def add_outside_calendar(
        self, info: Info, input: Annotated[AddOutsideCalendarInput, strawberry.argument(description="Where it is.")]
    ) -> models.OutsideCalendar:
        form = scheduling_service.NewOutsideCalendar.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(scheduling_service.add_outside_calendar, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateOutsideCalendarResult", OutsideCalendar),
        description="Gives a calendar elsewhere another name or address.",
    )
    async def update_outside_calendar(
        self, info: Info, input: Annotated[UpdateOutsideCalendarInput, strawberry.argument(description="Changes.")]
    ) -> models.OutsideCalendar:
        changes = fields_of(input, id="OutsideCalendar")
        calendar_id = changes.pop("id")
        form = scheduling_service.OutsideCalendarChanges.read(**changes)
        return await info.context.write(
            scheduling_service.update_outside_calendar, calendar_id=calendar_id, form=form, now=info.context.now()
        )

    @strawberry.mutation(
        graphql_type=result_of("RefreshOutsideCalendarResult", OutsideCalendar),
        description="Looks at a calendar elsewhere now, in the background, also at one that has failed; at most once a"
        " minute.",
    )
    async def refresh_outside_calendar(
        self, info: Info, input: Annotated[RefreshOutsideCalendarInput, strawberry.argument(description="Which.")]
    ) -> models.OutsideCalendar:
        calendar_id = fields_of(input, id="OutsideCalendar")["id"]
        now = info.context.now()
        return await info.context.write(scheduling_service.refresh_outside_calendar, calendar_id=calendar_id, now=now)

    @strawberry.mutation(
        graphql_type=result_of("RemoveOutsideCalendarResult", Removed),
        description="Forgets a calendar elsewhere; its times can be booked again.",
    )
    async def remove_outside_calendar(
        self, info: Info, input: Annotated[RemoveOutsideCalendarInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        calendar_id = fields_of(input, id="OutsideCalendar")["id"]
        now = info.context.now()
        gone = await info.context.write(scheduling_service.remove_outside_calendar, calendar_id=calendar_id, now=now)
        return Removed(id=global_id("OutsideCalendar", gone))
