"""How engaged a member is."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from app.loaders import members as member_loaders
from app.models.growth import Metric
from app.schema.coherence import scores  # noqa: F401  so that intervals are described before a type here asks
from app.schema.members import Member
from app.schema.relations import relation
from app.services import growth as growth_service
from app.services.growth import EngagementPart
from app.services.members import Interval
from app.wire.enums import describe

describe(
    Metric,
    "What is counted by the day.",
    {
        "JOURNAL_ENTRIES": "Entries written in the journal; those that are not shared are counted too, and not shown.",
        "ACTION_ITEMS_COMPLETED": "Action items completed.",
        "SESSIONS_ATTENDED": "Sessions that took place.",
        "SESSIONS_MISSED": "Sessions to which the member did not come.",
        "ASSESSMENTS_COMPLETED": "Assessments completed.",
        "INTERVENTIONS_COMPLETED": "Interventions completed.",
    },
    name="EngagementMetric",
)
describe(
    EngagementPart,
    "What engagement is made of.",
    {
        "SESSIONS": "Sessions attended, less those missed: up to 30 points.",
        "ACTION_ITEMS": "Action items completed: up to 25 points.",
        "JOURNAL": "Entries written: up to 20 points.",
        "INTERVENTIONS": "Interventions completed: up to 15 points.",
        "ASSESSMENTS": "Assessments completed: up to 10 points.",
    },
)


@strawberry.type(description="What one part gives to the score, and why.", name="EngagementShare")
class EngagementShare:
    name: EngagementPart = strawberry.field(description="The part.")
    points: Decimal = strawberry.field(description="What it gives.")
    most: int = strawberry.field(description="What it can give at most.")
    count: int = strawberry.field(description="How often it was done in the last twelve weeks.")
    missed: int = strawberry.field(description="How often it was missed in that time; of sessions only.")
    last_on: date | None = strawberry.field(description="The last day of that time on which it was done.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.Part)


@strawberry.type(description="How much a member does, from 0 to 100. What is older counts less: half after 14 days.")
class Engagement:
    score: int = strawberry.field(description="The points of all parts together, rounded.")
    parts: list[EngagementShare] = strawberry.field(description="What it is made of.")
    computed_at: datetime | None = strawberry.field(
        description="When it was made: after what the member does, and each day; null if nothing was done."
    )
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="Whose; null if out of sight."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.ReadEngagement)


@strawberry.type(description="What there was of one day, week or month.")
class EngagementPoint:
    starts_on: date = strawberry.field(description="Its first day, where the member is.")
    value: Decimal = strawberry.field(description="How often; zero where not at all.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.MetricPoint)


@strawberry.type(description="How often something was done over time.")
class EngagementSeries:
    metric: Metric = strawberry.field(description="What.")
    interval: Interval = strawberry.field(description="What there is a point for.")
    time_zone: str = strawberry.field(description="The member's: where their days begin.")
    points: list[EngagementPoint] = strawberry.field(description="Every one, in the order of time.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.MetricSeries)
