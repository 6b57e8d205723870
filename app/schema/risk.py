"""Risk assessments, the alerts that they raise, and how soon these are seen to. Members see nothing of it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from app.live import risk as live
from app.loaders import identity as identity_loaders
from app.loaders import members as member_loaders
from app.loaders import risk as risk_loaders
from app.loaders import sessions as session_loaders
from app.loaders.risk import ReadRiskAlert, ReadRiskAssessment
from app.models.risk import RiskAlertStatus, RiskIndicator, RiskLevel
from app.schema.identity import User
from app.schema.members import Member
from app.schema.relations import relation
from app.schema.sessions import Session
from app.services import risk as risk_service
from app.wire.enums import describe
from app.wire.relay import Node, global_id, node_id

describe(
    RiskLevel,
    "How great a danger somebody is in, as their coach judges it.",
    {
        "LOW": "Nothing gives cause for concern.",
        "MEDIUM": "To be kept an eye on.",
        "HIGH": "Somebody must see to it within hours: raises an alert.",
        "CRISIS": "Somebody must see to it at once: raises an alert.",
    },
)
describe(
    RiskIndicator,
    "What gives cause for concern.",
    {
        "THOUGHTS_OF_SUICIDE": "Speaks or writes of not wanting to live.",
        "SELF_HARM": "Hurts themselves, or means to.",
        "DANGER_TO_OTHERS": "Might hurt somebody else.",
        "ABUSE_OR_VIOLENCE": "Suffers violence or abuse.",
        "SUBSTANCE_USE": "Alcohol, drugs or medicines beyond what is good.",
        "ACUTE_DISTRESS": "Panic, confusion, or a state that is not like them.",
        "HOPELESSNESS": "Sees no way on.",
        "LOSS_OR_TRAUMA": "A loss or a shock not long ago.",
        "ISOLATION": "Has nobody, or keeps away from everybody.",
        "SLEEP_OR_APPETITE": "Hardly sleeps or eats, or does little else.",
        "WITHDRAWAL_FROM_COACHING": "Has stopped coming or answering, against their habit.",
        "NONE_OF_THESE": "Something else, which the notes say.",
    },
)
describe(
    RiskAlertStatus,
    "Where an alert stands.",
    {
        "OPEN": "Nobody has acknowledged it: it escalates.",
        "ACKNOWLEDGED": "Somebody sees to it.",
        "RESOLVED": "It is over.",
    },
)


@strawberry.type(description="What was thought of a member at one moment. It stays so; the member does not see it.")
class RiskAssessment(Node):
    id: strawberry.ID = node_id("RiskAssessment")
    level: RiskLevel = strawberry.field(description="How great the danger is.")
    indicators: list[RiskIndicator] = strawberry.field(description="What gives cause for concern.")
    notes: str | None = strawberry.field(description="In the words of who assessed it; stored encrypted.")
    assessed_at: datetime = strawberry.field(description="Of when it is.")
    created_at: datetime = strawberry.field(description="When it was written down.")
    member = relation(Member | None, member_loaders.members_by_id, key="member_id", description="Of whom.")
    assessed_by = relation(
        User | None,
        identity_loaders.users_by_id,
        key="assessed_by_user_id",
        description="Who assessed it; null if out of sight.",
    )
    session = relation(
        Session | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session in which it showed; null without one.",
    )
    alert = relation(
        Annotated["RiskAlert", strawberry.lazy("app.schema.risk")] | None,
        risk_loaders.risk_alerts_by_assessment,
        key="id",
        description="What it raised; null for LOW and MEDIUM.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, ReadRiskAssessment)


@strawberry.type(description="A high or acute risk, until somebody has seen to it. The member does not see it.")
class RiskAlert(Node):
    id: strawberry.ID = node_id("RiskAlert")
    level: RiskLevel = strawberry.field(description="HIGH or CRISIS.")
    status: RiskAlertStatus = strawberry.field(description="Where it stands.")
    step: int = strawberry.field(description="How often it has escalated.")
    raised_at: datetime = strawberry.field(description="When it was raised.")
    next_escalation_at: datetime | None = strawberry.field(
        description="When admins are told next, unless somebody acknowledges it; null if they are told no more."
    )
    acknowledged_at: datetime | None = strawberry.field(description="When somebody acknowledged it.")
    resolved_at: datetime | None = strawberry.field(description="When it was resolved.")
    note: str | None = strawberry.field(description="What was done, as it was resolved; stored encrypted.")
    member = relation(Member | None, member_loaders.members_by_id, key="member_id", description="Of whom.")
    assessment = relation(
        RiskAssessment | None,
        risk_loaders.risk_assessments_by_id,
        key="risk_assessment_id",
        description="What raised it.",
    )
    acknowledged_by = relation(
        User | None,
        identity_loaders.users_by_id,
        key="acknowledged_by_user_id",
        description="Who acknowledged it; null if nobody, or out of sight.",
    )
    resolved_by = relation(
        User | None,
        identity_loaders.users_by_id,
        key="resolved_by_user_id",
        description="Who resolved it; null if nobody, or out of sight.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, ReadRiskAlert)


@strawberry.type(description="How often a level was assessed.")
class RiskLevelCount:
    level: RiskLevel = strawberry.field(description="The level.")
    assessments: int = strawberry.field(description="How many assessments.")
    alerts: int = strawberry.field(description="How many alerts; none for LOW and MEDIUM.")


@strawberry.type(description="How often there were risks in a time, and how soon somebody saw to them.")
class RiskStatistics:
    levels: list[RiskLevelCount] = strawberry.field(description="Each level, the least first.")
    assessments: int = strawberry.field(description="Assessments of the time.")
    alerts: int = strawberry.field(description="Alerts that were raised in the time.")
    acknowledged: int = strawberry.field(description="How many of these somebody has acknowledged by now.")
    escalated: int = strawberry.field(description="How many of these have escalated.")
    escalated_share: Decimal | None = strawberry.field(
        description="What part of these, 0 to 1 with three decimals; null without any."
    )
    median_seconds: int | None = strawberry.field(
        name="medianSecondsToAcknowledgement",
        description="How long half of the acknowledged ones waited at most; null without any.",
    )
    ninetieth_percentile_seconds: int | None = strawberry.field(
        name="ninetiethPercentileSecondsToAcknowledgement",
        description="How long nine in ten of the acknowledged ones waited at most; null without any.",
    )
    open_now: int = strawberry.field(description="Alerts of any time that nobody has acknowledged.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, risk_service.RiskStatistics)


@strawberry.type(description="A snapshot, or what changed since the last message of the subscription.")
class RiskAlertsChanged:
    is_snapshot: bool = strawberry.field(
        description="True for the first message, which holds every alert that is not resolved, at most the 500 that"
        " wait longest."
    )
    alerts: list[RiskAlert] = strawberry.field(
        description="In the order in which they were raised; after the snapshot those that are new or changed: they"
        " have escalated, or somebody has acknowledged them."
    )

    @strawberry.field(description="Alerts that are resolved, or whose member has left the coach.")
    @staticmethod
    def removed(root: strawberry.Parent[live.RiskAlertsChanged]) -> list[strawberry.ID]:
        return [global_id("RiskAlert", key) for key in root.removed]


@strawberry.input(description="What is thought of a member.")
class RecordRiskInput:
    member_id: strawberry.ID = strawberry.field(description="The member.")
    level: RiskLevel = strawberry.field(description="How great the danger is.")
    indicators: list[RiskIndicator] | None = strawberry.field(
        default=strawberry.UNSET,
        description="What gives cause for concern. HIGH and CRISIS need one, or notes.",
    )
    notes: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 5,000 characters.")
    session_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The session in which it showed; one of the member's."
    )
    assessed_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Of when it is; default now, and never later."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description="Up to 200 characters: a retry under the same key records nothing more."
    )


@strawberry.input(description="An alert that one sees to.")
class AcknowledgeRiskAlertInput:
    id: strawberry.ID = strawberry.field(description="The alert.")


@strawberry.input(description="An alert that is over.")
class ResolveRiskAlertInput:
    id: strawberry.ID = strawberry.field(description="The alert.")
    note: str | None = strawberry.field(
        default=strawberry.UNSET, description="What was done, in up to 2,000 characters."
    )
