"""Arguments that many fields take, each described once."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.platform.paging import PageRequest
from app.services.members import Interval, OverTime
from app.wire.relay import given_key

First = Annotated[int | None, strawberry.argument(description="How many rows: 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor to continue behind.")]
CoachId = Annotated[strawberry.ID, strawberry.argument(description="The coach.", name="coachId")]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
OfMember = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="memberId", description="The member; without one, a member means themselves."),
]
From = Annotated[datetime, strawberry.argument(name="from", description="From this instant on.")]
Before = Annotated[datetime, strawberry.argument(name="to", description="And before this one.")]
By = Annotated[Interval, strawberry.argument(description="What there is to be a point for.")]


DEFAULT_FIRST = 20
# Falsy, as null is; but the schema then shows no default of null.
NOT_GIVEN: Any = strawberry.UNSET


def page(first: int | None, after: str | None) -> PageRequest:
    return PageRequest(DEFAULT_FIRST if first is None else first, after or None)


def over_time(member_id: str | None, from_: datetime, to: datetime, interval: Interval) -> OverTime:
    return OverTime.read(member_id=given_key(member_id, "Member", "memberId"), from_=from_, to=to, interval=interval)
