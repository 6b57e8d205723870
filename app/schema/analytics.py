"""What a coach sees first, as the world sees it."""

from datetime import datetime
from decimal import Decimal

import strawberry

from app.loaders import coherence as coherence_loaders
from app.loaders import growth as growth_loaders
from app.loaders import sessions as session_loaders
from app.models.coherence import CoherencePattern
from app.models.members import MemberStatus
from app.models.risk import RiskLevel
from app.schema import risk  # noqa: F401  so that its levels are described
from app.schema.coherence.scores import CoherenceScore
from app.schema.growth.elements import ElementalBalance
from app.schema.members import Member
from app.schema.relations import Info, relation
from app.schema.sessions import Session
from app.services import analytics as analytics_service
from app.services.analytics import DashboardOrder
from app.wire.enums import describe
from app.wire.relay import Connection, connection

describe(
    DashboardOrder,
    "Who comes first in a dashboard. Who was never measured comes first where the lowest does.",
    {
        "NAME": "By name.",
        "LOWEST_ENGAGEMENT": "Who does least.",
        "LOWEST_COHERENCE": "Whose latest coherence is lowest.",
        "LONGEST_WITHOUT_SESSION": "Whose last held session is longest ago.",
        "NEXT_SESSION": "Whose next session is soonest.",
        "HIGHEST_RISK": "Whose latest risk assessment is highest.",
    },
)


@strawberry.type(description="One member at a glance.")
class DashboardMember:
    member: Member = strawberry.field(description="Who it is.")
    engagement_score: int | None = strawberry.field(description="0 to 100; null until something was counted.")
    risk_level: RiskLevel | None = strawberry.field(description="Of the latest risk assessment; null without one.")
    risk_assessed_at: datetime | None = strawberry.field(description="When that was.")
    open_alert_count: int = strawberry.field(description="Risk alerts that nobody has acknowledged.")
    open_action_item_count: int = strawberry.field(description="What is to be done, overdue or not.")
    overdue_action_item_count: int = strawberry.field(description="What was not done by its day.")
    drafted_recommendation_count: int = strawberry.field(description="Recommendations that wait for the coach's word.")
    last_session = relation(
        Session | None,
        session_loaders.sessions_by_id,
        key="last_session_id",
        description="The last one that was held; null without one.",
        shown_to=lambda actor, row: actor.may("sessions:read"),
    )
    next_session = relation(
        Session | None,
        session_loaders.sessions_by_id,
        key="next_session_id",
        description="The next one that is scheduled; null without one.",
        shown_to=lambda actor, row: actor.may("sessions:read"),
    )
    coherence = relation(
        CoherenceScore | None,
        coherence_loaders.scores_by_id,
        key="coherence_score_id",
        description="The latest score; null without one.",
    )
    elements = relation(
        ElementalBalance | None,
        growth_loaders.balances_by_id,
        key="elemental_balance_id",
        description="The latest balance of the elements; null without one.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, analytics_service.DashboardMember)


@strawberry.type(description="Figures over all members who are not archived, whatever the filter.")
class DashboardSummary:
    member_count: int = strawberry.field(description="How many they are.")
    active_count: int = strawberry.field(description="How many are active.")
    at_risk_count: int = strawberry.field(description="How many have a high or acute risk.")
    open_alert_count: int = strawberry.field(description="Risk alerts that nobody has acknowledged.")
    without_next_session_count: int = strawberry.field(description="Active ones with no session scheduled.")
    overdue_action_item_count: int = strawberry.field(description="What was not done by its day.")
    mean_engagement: Decimal | None = strawberry.field(description="Of those who have a score; 0 to 100, one decimal.")
    mean_coherence: Decimal | None = strawberry.field(description="Of the latest percentages; one decimal.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, analytics_service.DashboardSummary)


@strawberry.type(description="A coach's members at one glance.")
class ClientDashboard:
    @strawberry.field(graphql_type=Connection[DashboardMember], description="This page of them.")
    @staticmethod
    def members(root: strawberry.Parent[analytics_service.Dashboard]) -> Connection[DashboardMember]:
        return connection(root.page)

    @strawberry.field(graphql_type=DashboardSummary, description="Figures over all of them.")
    @staticmethod
    async def summary(
        root: strawberry.Parent[analytics_service.Dashboard], info: Info
    ) -> analytics_service.DashboardSummary:
        summarise = analytics_service.summarise_dashboard
        return await info.context.read(summarise, coach_id=root.of_coach, now=info.context.now())

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, analytics_service.Dashboard)


@strawberry.input(description="Which members a dashboard shows; all conditions hold.")
class DashboardMemberFilter:
    search: str | None = strawberry.field(default=strawberry.UNSET, description="Part of the name, in any case.")
    status: MemberStatus | None = strawberry.field(
        default=strawberry.UNSET, description="Of this status only; default: all but archived."
    )
    risk_levels: list[RiskLevel] | None = strawberry.field(
        default=strawberry.UNSET, description="Whose latest risk assessment has one of these levels."
    )
    has_open_alert: bool | None = strawberry.field(
        default=strawberry.UNSET, description="With or without an alert that nobody has acknowledged."
    )
    pattern: CoherencePattern | None = strawberry.field(
        default=strawberry.UNSET, description="Whose latest score shows this pattern."
    )
    engagement_below: int | None = strawberry.field(default=strawberry.UNSET, description="Under it: 0 to 100.")
    coherence_below: int | None = strawberry.field(
        default=strawberry.UNSET, description="Whose latest percentage is under it: 0 to 100."
    )
    has_next_session: bool | None = strawberry.field(
        default=strawberry.UNSET, description="With or without a session to come."
    )
    without_session_since: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Whose last held session began before it, or who had none."
    )
