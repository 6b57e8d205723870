"""Windows and time off."""

from typing import Annotated
from uuid import UUID

import strawberry

from app.models import scheduling as models
from app.schema.problems import BookingsInTheWay, TimeOffIsImported, WindowsOverlap, result_of
from app.schema.relations import Info
from app.schema.scheduling import (
    AddAvailabilityWindowInput,
    AddTimeOffInput,
    AvailabilityWindow,
    RemoveAvailabilityWindowInput,
    Removed,
    RemoveTimeOffInput,
    TimeOff,
    UpdateAvailabilityWindowInput,
)
from app.services import scheduling as scheduling_service
from app.wire.inputs import fields_of
from app.wire.relay import global_id


def _removed(type_name: str, key: UUID) -> Removed:
    return Removed(id=global_id(type_name, key))


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("AddAvailabilityWindowResult", AvailabilityWindow, WindowsOverlap),
        description="Adds a weekly window to one's own calendar; as an admin, to anybody's.",
    )
    async def add_availability_window(
        self, info: Info, input: Annotated[AddAvailabilityWindowInput, strawberry.argument(description="The window.")]
    ) -> models.AvailabilityWindow:
        form = scheduling_service.NewWindow.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(scheduling_service.add_availability_window, form=form)

    @strawberry.mutation(
        graphql_type=result_of("UpdateAvailabilityWindowResult", AvailabilityWindow, WindowsOverlap, BookingsInTheWay),
        description="Changes a window; refused if booked sessions would be left outside it.",
    )
    async def update_availability_window(
        self, info: Info, input: Annotated[UpdateAvailabilityWindowInput, strawberry.argument(description="Changes.")]
    ) -> models.AvailabilityWindow:
        changes = fields_of(input, id="AvailabilityWindow")
        window_id = changes.pop("id")
        form = scheduling_service.WindowChanges.read(**changes)
        return await info.context.write(
            scheduling_service.update_availability_window, window_id=window_id, form=form, now=info.context.now()
        )

    @strawberry.mutation(
        graphql_type=result_of("RemoveAvailabilityWindowResult", Removed, BookingsInTheWay),
        description="Removes a window; refused while sessions are booked in it.",
    )
    async def remove_availability_window(
        self, info: Info, input: Annotated[RemoveAvailabilityWindowInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        window_id = fields_of(input, id="AvailabilityWindow")["id"]
        now = info.context.now()
        gone = await info.context.write(scheduling_service.remove_availability_window, window_id=window_id, now=now)
        return _removed("AvailabilityWindow", gone)

    @strawberry.mutation(
        graphql_type=result_of("AddTimeOffResult", TimeOff, BookingsInTheWay),
        description="Takes a range of time out of the calendar; refused while sessions are booked in it.",
    )
    async def add_time_off(
        self, info: Info, input: Annotated[AddTimeOffInput, strawberry.argument(description="The range.")]
    ) -> models.TimeOff:
        form = scheduling_service.NewTimeOff.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(scheduling_service.add_time_off, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RemoveTimeOffResult", Removed, TimeOffIsImported),
        description="Gives the time back to the calendar.",
    )
    async def remove_time_off(
        self, info: Info, input: Annotated[RemoveTimeOffInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        time_off_id = fields_of(input, id="TimeOff")["id"]
        return _removed(
            "TimeOff", await info.context.write(scheduling_service.remove_time_off, time_off_id=time_off_id)
        )
