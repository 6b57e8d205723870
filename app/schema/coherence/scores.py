"""How coherent a member is, and how that came about."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from app.loaders import coherence as coherence_loaders
from app.loaders import members as member_loaders
from app.models import coherence as models
from app.models.coherence import CoherencePattern
from app.schema.members import Member
from app.schema.relations import relation
from app.services import coherence as coherence_service
from app.services.coherence import Measured, Trend
from app.services.members import Interval
from app.wire.enums import describe
from app.wire.relay import Node, global_id, node_id

describe(
    CoherencePattern,
    "A shape of the four dimensions that is known to hold people back.",
    {
        "WISE_COWARD": "rho above 0.7 and q below 0.4: knows better than they dare.",
        "LONELY_HERO": "psi above 0.7 and f below 0.4: clear, and alone with it.",
        "PEOPLE_PLEASER": "psi below 0.4 and f above 0.7: belongs, and loses themselves in it.",
        "RECKLESS_REPEATER": "rho below 0.4 and q above 0.7: dares, and does not learn from it.",
    },
)
describe(
    Trend,
    "How the latest total stands to the mean of the (up to five) before it.",
    {
        "RISING": "0.10 or more above it.",
        "STEADY": "Less than 0.10 away from it.",
        "FALLING": "0.10 or more below it.",
    },
    name="CoherenceTrend",
)
describe(
    Interval,
    "What a series has a point for.",
    {"DAY": "Each day.", "WEEK": "Each week, from Monday.", "MONTH": "Each month."},
)

_PSI = "Inner consistency and clarity, 0 to 1."
_RHO = "Wisdom: what was learned from experience, 0 to 1."
_Q = "Courage: the energy to act on what matters, 0 to 1."
_F = "Belonging: the support of others, 0 to 1."
_TOTAL = "psi + rho·psi + q/(0.5 + q + q²/2) + f·psi; the largest that there can be is 3.5."
_PERCENTAGE = "The total in percent of 4; the largest that there can be is therefore 87.5."


@strawberry.type(description="How coherent a member was found to be. A score does not change any more.")
class CoherenceScore(Node):
    id: strawberry.ID = node_id("CoherenceScore")
    psi: Decimal = strawberry.field(description=_PSI)
    rho: Decimal = strawberry.field(description=_RHO)
    q: Decimal = strawberry.field(description=_Q)
    f: Decimal = strawberry.field(description=_F)
    total: Decimal = strawberry.field(description=_TOTAL)
    percentage: Decimal = strawberry.field(description=_PERCENTAGE)
    velocity: Decimal = strawberry.field(
        description="How much the total has changed a day since the score before; zero within one day, and for the "
        "first score."
    )
    pattern: CoherencePattern | None = strawberry.field(description="The first of `patterns`; null without one.")
    calculated_at: datetime = strawberry.field(description="When it was found.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="Whose it is; null if out of sight."
    )

    @strawberry.field(description="Every pattern that the four dimensions show.")
    @staticmethod
    def patterns(root: strawberry.Parent[models.CoherenceScore]) -> list[CoherencePattern]:
        return coherence_service.patterns_in(Measured(root.psi, root.rho, root.q, root.f))

    @strawberry.field(description="The assessment that found it, for `node`; null for one that was imported.")
    @staticmethod
    def assessment_id(root: strawberry.Parent[models.CoherenceScore]) -> strawberry.ID | None:
        return global_id("Assessment", root.assessment_id) if root.assessment_id else None

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.CoherenceScore)


@strawberry.type(description="From one score to the next; below zero where something fell.")
class CoherenceChange:
    psi: Decimal = strawberry.field(description="Of inner consistency.")
    rho: Decimal = strawberry.field(description="Of wisdom.")
    q: Decimal = strawberry.field(description="Of courage.")
    f: Decimal = strawberry.field(description="Of belonging.")
    total: Decimal = strawberry.field(description="Of the total.")
    percentage: Decimal = strawberry.field(description="Of the percentage, in points.")


@strawberry.type(description="How a member stands.")
class CoherenceSummary:
    member = relation(Member | None, member_loaders.members_by_id, key="member_id", description="Who it is.")
    latest: CoherenceScore | None = strawberry.field(description="The latest score; null while there is none.")
    previous: CoherenceScore | None = strawberry.field(description="The one before it.")
    change: CoherenceChange | None = strawberry.field(description="From the previous to the latest.")
    trend: Trend | None = strawberry.field(description="Null until there are two scores.")
    pattern: CoherencePattern | None = strawberry.field(description="That of the latest score.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, coherence_service.Summary)


@strawberry.type(description="The means of the scores of a day, week or month.")
class CoherenceMean:
    psi: Decimal = strawberry.field(description=_PSI)
    rho: Decimal = strawberry.field(description=_RHO)
    q: Decimal = strawberry.field(description=_Q)
    f: Decimal = strawberry.field(description=_F)
    total: Decimal = strawberry.field(description="Of the totals.")
    percentage: Decimal = strawberry.field(description="Of the percentages.")


@strawberry.type(description="The scores of a day, week or month.")
class CoherencePoint:
    starts_on: date = strawberry.field(description="Its first day.")
    count: int = strawberry.field(description="How many scores there are: one or more.")
    mean: CoherenceMean = strawberry.field(description="Their means.")
    last = relation(
        CoherenceScore | None, coherence_loaders.scores_by_id, key="last_id", description="The last of them."
    )


@strawberry.type(description="How a member's coherence came about.")
class CoherenceSeries:
    interval: Interval = strawberry.field(description="What there is a point for.")
    time_zone: str = strawberry.field(description="The member's: where their days begin.")
    points: list[CoherencePoint] = strawberry.field(description="In the order of time; what has no score has no point.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, coherence_service.Series)
