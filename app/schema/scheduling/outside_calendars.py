"""Calendars that a coach keeps elsewhere."""

from datetime import datetime

import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import scheduling as scheduling_loaders
from app.models import scheduling as models
from app.models.scheduling import OutsideCalendarStatus
from app.schema.coaches import Coach
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    OutsideCalendarStatus,
    "How it stands with a calendar elsewhere.",
    {
        "PENDING": "It is about to be fetched.",
        "READ": "It was fetched and read, and is looked at again every quarter of an hour.",
        "FAILING": "It could not be fetched or read the last time, and is tried again.",
        "FAILED": "It is not tried any more, until it is refreshed or gets another address.",
    },
)


@strawberry.type(description="A calendar that a coach keeps elsewhere; what is busy there cannot be booked here.")
class OutsideCalendar(Node):
    id: strawberry.ID = node_id("OutsideCalendar")
    name: str = strawberry.field(description="What the coach calls it.")
    host: str = strawberry.field(description="Where it is; the rest of its address is a secret and shown to nobody.")
    status: OutsideCalendarStatus = strawberry.field(description="How it stands.")
    problem: str | None = strawberry.field(description="What is wrong, for people; null if nothing is.")
    fetched_at: datetime | None = strawberry.field(description="When it was last found to be well; UTC.")
    next_fetch_at: datetime | None = strawberry.field(
        description="When it is looked at next, about; null if it is not looked at any more."
    )
    created_at: datetime = strawberry.field(description="When it was added; UTC.")
    busy_times = relation(
        int,
        scheduling_loaders.busy_times_by_calendar,
        key="id",
        description="How many times it keeps from being booked, those that touch each other counted as one.",
    )
    coach = relation(Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="Whose it is.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.OutsideCalendar)


@strawberry.input(description="A calendar elsewhere whose busy times are to be kept free.")
class AddOutsideCalendarInput:
    url: str = strawberry.field(
        description="The secret address of its iCalendar file, `https://` or `webcal://`, up to 2,048 characters."
    )
    name: str = strawberry.field(description="Up to 80 characters.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For admins; default: the asker."
    )


@strawberry.input(description="Changes of a calendar elsewhere; what is left out stays as it is.")
class UpdateOutsideCalendarInput:
    id: strawberry.ID = strawberry.field(description="The calendar.")
    url: str | None = strawberry.field(
        default=strawberry.UNSET, description="Another address: it is fetched at once, and replaces what was busy."
    )
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 80 characters.")


@strawberry.input(description="A calendar elsewhere to look at now.")
class RefreshOutsideCalendarInput:
    id: strawberry.ID = strawberry.field(description="The calendar.")


@strawberry.input(description="A calendar elsewhere to forget.")
class RemoveOutsideCalendarInput:
    id: strawberry.ID = strawberry.field(description="The calendar.")
