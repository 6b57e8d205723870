"""Arguments of what is asked of one member's growth."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.services import growth as growth_service
from app.services.coherence import Interval
from app.wire.relay import given_key

OfMember = Annotated[
    strawberry.ID | None, strawberry.argument(description="The member; without one, a member means themselves.")
]
From = Annotated[datetime, strawberry.argument(name="from", description="From this instant on.")]
Before = Annotated[datetime, strawberry.argument(name="to", description="And before this one.")]
By = Annotated[Interval, strawberry.argument(description="What there is to be a point for.")]


def question(member_id: str | None, from_: datetime, to: datetime, interval: Interval) -> growth_service.SeriesQuestion:
    whose = given_key(member_id, "Member", "memberId")
    return growth_service.SeriesQuestion.read(member_id=whose, from_=from_, to=to, interval=interval)
