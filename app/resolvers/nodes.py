"""`node` and `nodes`: whatever has a global id, under the rule of its own area."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry

from app.context import Context
from app.models.identity import User
from app.models.members import Assignment
from app.models.notifications import Delivery
from app.models.scheduling import (
    AvailabilityWindow,
    OutsideCalendar,
    SessionSeries,
    SlotHold,
    TimeOff,
    WaitingListEntry,
)
from app.problems import InvalidInput
from app.resolvers.arguments import NodeId
from app.schema.relations import Info
from app.services import coaches as coach_service
from app.services import coherence as coherence_service
from app.services import growth as growth_service
from app.services import identity as identity_service
from app.services import members as member_service
from app.services import messaging as messaging_service
from app.services import notifications as notification_service
from app.services import risk as risk_service
from app.services import scheduling as scheduling_service
from app.services import sessions as session_service
from app.services import webhooks as webhook_service
from app.wire.relay import InvalidId, Node, parse_global_id, parse_uuid

MOST = 100


def _row(model: Any, permission: str | None = None) -> Callable[[Context, str], Awaitable[Any]]:
    return lambda context, key: context.read(
        identity_service.access_visible, model, parse_uuid(key), permission=permission
    )


async def _slot(context: Context, key: str) -> scheduling_service.Slot | None:
    coach_id, _, epoch = key.partition("/")
    starts_at = datetime.fromtimestamp(int(epoch), UTC)
    if str(int(epoch)) != epoch:
        raise ValueError("not the canonical spelling")
    wanted = scheduling_service.SlotQuestion.read(coach_id=parse_uuid(coach_id), starts_at=starts_at)
    return (await context.look(scheduling_service.explain_slot, wanted=wanted, now=context.now())).slot


FETCH: dict[str, Callable[[Context, str], Awaitable[Any]]] = {
    "ActionItem": lambda context, key: context.read(growth_service.access_action_item, parse_uuid(key)),
    "Assessment": lambda context, key: context.read(coherence_service.access_assessment, parse_uuid(key)),
    "Assignment": _row(Assignment),
    "AvailabilityWindow": _row(AvailabilityWindow),
    "Booking": lambda context, key: context.read(scheduling_service.access_booking, parse_uuid(key), now=context.now()),
    "Breakthrough": lambda context, key: context.read(coherence_service.access_breakthrough, parse_uuid(key)),
    "CoherenceScore": lambda context, key: context.read(coherence_service.access_score, parse_uuid(key)),
    "Communication": lambda context, key: context.read(messaging_service.access_communication, parse_uuid(key)),
    "Coach": lambda context, key: context.read(coach_service.access_coach, parse_uuid(key)),
    "Delivery": _row(Delivery),
    "Goal": lambda context, key: context.read(growth_service.access_goal, parse_uuid(key)),
    "GoalUpdate": lambda context, key: context.read(growth_service.access_goal_update, parse_uuid(key)),
    "Milestone": lambda context, key: context.read(growth_service.access_milestone, parse_uuid(key)),
    "Intervention": lambda context, key: context.read(growth_service.access_intervention, parse_uuid(key)),
    "ElementalBalance": lambda context, key: context.read(growth_service.access_elemental_balance, parse_uuid(key)),
    "JournalEntry": lambda context, key: context.read(growth_service.access_journal_entry, parse_uuid(key)),
    "Member": lambda context, key: context.read(member_service.access_member, parse_uuid(key)),
    "MemberIntervention": lambda context, key: context.read(growth_service.access_member_intervention, parse_uuid(key)),
    "OutsideCalendar": _row(OutsideCalendar, "availability:write"),
    "MessageHook": lambda context, key: context.read(messaging_service.access_message_hook, parse_uuid(key)),
    "MessageTemplate": lambda context, key: context.read(messaging_service.access_message_template, parse_uuid(key)),
    "Notification": lambda context, key: context.read(notification_service.access_notification, parse_uuid(key)),
    "PlanItem": lambda context, key: context.read(session_service.access_plan_item, parse_uuid(key)),
    "PlanTemplate": lambda context, key: context.read(session_service.access_plan_template, parse_uuid(key)),
    "Question": lambda context, key: context.read(coherence_service.access_question, parse_uuid(key)),
    "QuestionSet": lambda context, key: context.read(coherence_service.access_question_set, parse_uuid(key)),
    "RiskAlert": lambda context, key: context.read(risk_service.access_risk_alert, parse_uuid(key)),
    "RiskAssessment": lambda context, key: context.read(risk_service.access_risk_assessment, parse_uuid(key)),
    "Recommendation": lambda context, key: context.read(growth_service.access_recommendation, parse_uuid(key)),
    "Session": lambda context, key: context.read(session_service.access_session, parse_uuid(key)),
    "SessionPlan": lambda context, key: context.read(session_service.access_plan, parse_uuid(key)),
    "SessionSeries": _row(SessionSeries, "sessions:read"),
    "NoteTemplate": lambda context, key: context.read(session_service.access_note_template, parse_uuid(key)),
    "SessionNote": lambda context, key: context.read(session_service.access_note, parse_uuid(key)),
    "Slot": _slot,
    "SlotHold": _row(SlotHold, "sessions:read"),
    "TimeOff": _row(TimeOff),
    "User": _row(User),
    "WaitingListEntry": _row(WaitingListEntry, "sessions:read"),
    "WebhookEndpoint": lambda context, key: context.read(webhook_service.access_webhook_endpoint, parse_uuid(key)),
    "WebhookMessage": lambda context, key: context.read(webhook_service.access_webhook_message, parse_uuid(key)),
}


async def _fetch(context: Context, global_id: str, field: str) -> Any:
    type_name, key = parse_global_id(global_id, field)
    fetch = FETCH.get(type_name)
    if fetch is None:
        raise InvalidId(field, "node")
    try:
        return await fetch(context, key)
    except (ValueError, OverflowError, InvalidInput):  # a key that no such thing can have
        raise InvalidId(field, type_name) from None


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Node | None, description="Anything that has a global id.")
    async def node(self, info: Info, id: NodeId) -> Any:
        return await _fetch(info.context, id, "id")

    @strawberry.field(graphql_type=list[Node | None], description="Up to 100 things at once, in the order of the ids.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids.")]
    ) -> list[Any]:
        if len(ids) > MOST:
            raise InvalidInput("ids", f"ids: at most {MOST} at once")
        return list(await asyncio.gather(*(_fetch(info.context, each, "ids") for each in ids)))
