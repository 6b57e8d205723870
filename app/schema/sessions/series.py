"""Sessions that were booked together."""

from datetime import datetime

import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import members as member_loaders
from app.loaders import sessions as session_loaders
from app.models import scheduling as models
from app.schema.coaches import Coach
from app.schema.members import Member
from app.schema.relations import relation
from app.schema.sessions.session import Session
from app.wire.relay import Node, node_id


@strawberry.type(description="Sessions that were booked together, at the same time on the coach's clock.")
class SessionSeries(Node):
    id: strawberry.ID = node_id("SessionSeries")
    every_weeks: int = strawberry.field(description="1 for every week, 2 for every second one.")
    occurrences: int = strawberry.field(description="How many dates it had when it was booked, skipped ones too.")
    first_starts_at: datetime = strawberry.field(description="Its first date when it was booked, UTC.")
    coach = relation(Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="With whom.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="For whom; null if out of sight."
    )
    sessions = relation(
        list[Session],
        session_loaders.sessions_by_series,
        key="id",
        description="What it has made, in the order of their start; each has its own life.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.SessionSeries)
