"""Risk assessments, alerts, and how soon these are seen to."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import strawberry

from app.live import risk as live
from app.loaders.risk import ReadRiskAlert, ReadRiskAssessment
from app.models.risk import RiskAlertStatus as Status
from app.models.risk import RiskLevel
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.problems import IdempotencyKeyReused, RiskAlertNotOpen, result_of
from app.schema.relations import Info
from app.schema.risk import (
    AcknowledgeRiskAlertInput,
    RecordRiskInput,
    ResolveRiskAlertInput,
    RiskAlert,
    RiskAlertsChanged,
    RiskAssessment,
    RiskStatistics,
)
from app.services import risk as risk_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key

OfMember = Annotated[
    strawberry.ID | None, strawberry.argument(name="memberId", description="Of this member; default all in sight.")
]
OfCoach = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="coachId", description="Of this coach's members: one's own; an admin's default is all."),
]
OfLevel = Annotated[RiskLevel | None, strawberry.argument(description="Of this level only.")]
OfStatus = Annotated[Status | None, strawberry.argument(description="Of this status only.")]
From = Annotated[datetime, strawberry.argument(name="from", description="The beginning of the time.")]
To = Annotated[datetime, strawberry.argument(description="Its end, which is not in it.")]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[RiskAssessment],
        description="What was assessed of a coach's members, the newest first; for admins, of everybody.",
    )
    async def risk_assessments(
        self,
        info: Info,
        member_id: OfMember = NOT_GIVEN,
        level: OfLevel = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[RiskAssessment]:
        found = await info.context.read(
            risk_service.list_risk_assessments,
            member_id=given_key(member_id, "Member", "memberId"),
            level=level or None,
            page=page(first, after),
        )
        return connection(found)

    @strawberry.field(
        graphql_type=Connection[RiskAlert],
        description="Alerts of a coach's members, the newest first; for admins, of everybody.",
    )
    async def risk_alerts(
        self,
        info: Info,
        member_id: OfMember = NOT_GIVEN,
        status: OfStatus = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[RiskAlert]:
        found = await info.context.read(
            risk_service.list_risk_alerts,
            member_id=given_key(member_id, "Member", "memberId"),
            status=status or None,
            page=page(first, after),
        )
        return connection(found)

    @strawberry.field(
        graphql_type=RiskStatistics,
        description="How often there were risks in a time, and how soon somebody saw to them: of the members that a "
        "coach has today; for admins, of any coach's or everybody.",
    )
    async def risk_statistics(
        self, info: Info, from_: From, to: To, coach_id: OfCoach = NOT_GIVEN
    ) -> risk_service.RiskStatistics:
        wanted = risk_service.RiskQuestion.read(coach_id=given_key(coach_id, "Coach", "coachId"), from_=from_, to=to)
        return await info.context.read(risk_service.find_risk_statistics, wanted=wanted)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("RecordRiskResult", RiskAssessment, IdempotencyKeyReused),
        description="Writes down what is thought of one of one's members. HIGH and CRISIS raise an alert, which the "
        "coach is told of at any hour; admins too if nobody acknowledges it in time, or there is no coach.",
    )
    async def record_risk(
        self, info: Info, input: Annotated[RecordRiskInput, strawberry.argument(description="What is thought.")]
    ) -> ReadRiskAssessment:
        given = fields_of(input, member_id="Member", session_id="Session")
        if given.get("indicators", ()) is None:
            del given["indicators"]
        form = risk_service.RecordRisk.read(**given)
        return await info.context.write(risk_service.record_risk, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("AcknowledgeRiskAlertResult", RiskAlert, RiskAlertNotOpen),
        description="Says that one sees to an alert, which ends its escalation. A retry of one's own answers the same.",
    )
    async def acknowledge_risk_alert(
        self, info: Info, input: Annotated[AcknowledgeRiskAlertInput, strawberry.argument(description="Which.")]
    ) -> ReadRiskAlert:
        alert_id = fields_of(input, id="RiskAlert")["id"]
        return await info.context.write(risk_service.acknowledge_risk_alert, alert_id=alert_id, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("ResolveRiskAlertResult", RiskAlert, RiskAlertNotOpen),
        description="Says that an alert is over, and what was done; an open one is acknowledged by that too.",
    )
    async def resolve_risk_alert(
        self, info: Info, input: Annotated[ResolveRiskAlertInput, strawberry.argument(description="Which.")]
    ) -> ReadRiskAlert:
        form = risk_service.ResolveRiskAlert.read(**fields_of(input, id="RiskAlert"))
        return await info.context.write(risk_service.resolve_risk_alert, form=form, now=info.context.now())


@strawberry.type
class Subscription:
    @strawberry.subscription(
        graphql_type=RiskAlertsChanged,
        description="The alerts of a coach's members that are not resolved, then each that is raised, escalates, is "
        "acknowledged or resolved; for admins, of any coach's or everybody. The right to look is asked again for each "
        "message.",
    )
    async def risk_alert_raised(
        self, info: Info, coach_id: OfCoach = NOT_GIVEN
    ) -> AsyncIterator[live.RiskAlertsChanged]:
        whose = given_key(coach_id, "Coach", "coachId")
        context = info.context
        return live.risk_alerts_changed(context.house.views, context.asking(), whose, context.actor_until)
