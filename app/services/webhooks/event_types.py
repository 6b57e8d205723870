"""What is told outside: the names of events, what their messages look like, and whose they are."""

import types
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID, uuid5

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.alias_generators import to_camel

from app import events
from app.events import Event, Happened
from app.wire.global_ids import global_id_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NAMESPACE = UUID("6d5bb8f3-5e43-4f0d-9f0f-9a3a1d1c6f55")

NODES: Final = {
    "action_item_id": "ActionItem",
    "added_by_user_id": "User",
    "assessment_id": "Assessment",
    "breakthrough_id": "Breakthrough",
    "elemental_balance_id": "ElementalBalance",
    "goal_id": "Goal",
    "journal_entry_id": "JournalEntry",
    "member_intervention_id": "MemberIntervention",
    "milestone_id": "Milestone",
    "recommendation_id": "Recommendation",
    "risk_alert_id": "RiskAlert",
    "risk_assessment_id": "RiskAssessment",
    "score_id": "CoherenceScore",
    "author_user_id": "User",
    "booking_id": "Booking",
    "coach_id": "Coach",
    "endpoint_id": "WebhookEndpoint",
    "entry_id": "WaitingListEntry",
    "hold_id": "SlotHold",
    "member_id": "Member",
    "note_id": "SessionNote",
    "plan_id": "SessionPlan",
    "previous_coach_id": "Coach",
    "session_id": "Session",
    "user_id": "User",
}
"""What the API calls the thing that an id of an event is the id of."""


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    event: type[Event]
    description: str

    @property
    def permission(self) -> str | None:
        """What a coach is to have beside the right to webhooks, to be told of it."""
        return _READ_BY.get(self.name.partition(".")[0]) if issubclass(self.event, events.OfMember) else None


EVENT_TYPES: Final = (
    EventType("member.signed_up", events.MemberSignedUp, "Somebody has signed up as a member."),
    EventType("member.assigned", events.CoachAssigned, "A member has a coach, or another one."),
    EventType("coach.created", events.CoachCreated, "A coach has joined the practice."),
    EventType("session.booked", events.SessionBooked, "A session was booked or scheduled."),
    EventType("session.rescheduled", events.SessionRescheduled, "A session has another start."),
    EventType("session.cancelled", events.SessionCancelled, "A session was cancelled."),
    EventType("session.completed", events.SessionCompleted, "A session took place."),
    EventType("session.no_show", events.SessionNoShow, "The member did not come."),
    EventType("session.rated", events.SessionRated, "A member has rated a session."),
    EventType("session.rating_changed", events.SessionRatingChanged, "A member has changed a rating."),
    EventType("booking.rejected", events.BookingRejected, "A booking was refused; `reason` is the code of why."),
    EventType("place.offered", events.PlaceOffered, "A free place is held for the first in line."),
    EventType("waiting_list.joined", events.WaitingListJoined, "Somebody waits for a full slot."),
    EventType("waiting_list.left", events.WaitingListLeft, "Somebody waits no longer; `outcome` says how it ended."),
    EventType("plan.shared", events.SessionPlanShared, "A member sees the plan of a session."),
    EventType("plan.unshared", events.SessionPlanUnshared, "A member sees the plan of a session no longer."),
    EventType("plan.reminder_due", events.SessionPlanReminderDue, "A member is to be reminded of a plan."),
    EventType("assessment.asked", events.AssessmentAsked, "A coach asks a member to answer an assessment."),
    EventType("assessment.completed", events.AssessmentCompleted, "A member has completed an assessment."),
    EventType("coherence.scored", events.CoherenceScored, "A member has a new coherence."),
    EventType(
        "breakthrough.detected", events.BreakthroughDetected, "A coherence has risen by more than it usually moves."
    ),
    EventType("breakthrough.confirmed", events.BreakthroughConfirmed, "A coach has confirmed a breakthrough."),
    EventType("elements.recorded", events.ElementsRecorded, "A member has a new balance of elements."),
    EventType("intervention.assigned", events.InterventionAssigned, "An intervention was assigned to a member."),
    EventType("intervention.updated", events.InterventionUpdated, "An intervention was begun, completed or given up."),
    EventType("intervention.rated", events.InterventionRated, "A member has said how much an intervention helped."),
    EventType("action_item.added", events.ActionItemAdded, "A member has something to do."),
    EventType("action_item.completed", events.ActionItemCompleted, "A member has done something."),
    EventType("action_item.overdue", events.ActionItemOverdue, "Something was not done by its day."),
    EventType("goal.added", events.GoalAdded, "A member has a new goal."),
    EventType("goal.reached", events.GoalReached, "A member has reached a goal."),
    EventType("milestone.reached", events.MilestoneReached, "A member has reached a milestone of a goal."),
    EventType("journal_entry.shared", events.JournalEntryShared, "A member has shared an entry of their journal."),
    EventType("recommendation.sent", events.RecommendationSent, "A coach has sent a recommendation."),
    EventType("recommendation.rated", events.RecommendationRated, "A member has rated a recommendation."),
    EventType("risk.assessed", events.RiskAssessed, "A risk was assessed; what was written is not told."),
    EventType("risk.alert_raised", events.RiskAlertRaised, "A high or acute risk wants to be looked at."),
    EventType("risk.alert_escalated", events.RiskAlertEscalated, "Nobody has acknowledged an alert in time."),
    EventType("risk.alert_acknowledged", events.RiskAlertAcknowledged, "Somebody has acknowledged an alert."),
    EventType("note.shared", events.SessionNoteShared, "The other side can read a note."),
)
_READ_BY: Final = {
    **dict.fromkeys(("assessment", "coherence", "breakthrough"), "coherence:read"),
    **dict.fromkeys(
        ("elements", "intervention", "action_item", "goal", "milestone", "journal_entry", "recommendation"),
        "growth:read",
    ),
    "risk": "risk:read",
}
TEST: Final = EventType("test.sent", events.WebhookTestAsked, "Somebody has asked for a test. Sent whatever is chosen.")

INTERNAL: Final = frozenset(
    {
        *events.HINTS,
        events.DeliveryAsked,
        events.JournalEntryRemoved,
        events.JournalEntryWritten,
        events.MessageQueued,
        events.OutsideCalendarDue,
        events.OutsideCalendarFailed,
        events.RecommendationsDrafted,
        events.WebhookTestAsked,
        events.WebhookReplayAsked,
        events.WebhookEndpointDisabled,
    }
)
"""Nobody outside is told of these as such."""

NAMES: Final = frozenset(each.name for each in EVENT_TYPES)
BY_EVENT: Final = {each.event.__name__: each for each in (*EVENT_TYPES, TEST)}


def webhook_id_of(happened: Happened) -> str:
    """The event's for life. With its time in it: a database that was restored from a back-up numbers events again."""
    return f"msg_{uuid5(_NAMESPACE, f'{happened.id} {happened.at.astimezone(UTC).isoformat()}').hex}"


def payload_of(happened: Happened) -> dict[str, Any]:
    """What is sent, as JSON: ids are those of the API."""
    event_type = BY_EVENT[happened.event_type]
    data = dict(happened.read())
    shown = {
        name: global_id_of(NODES[name], value) if isinstance(value, UUID) else value for name, value in data.items()
    }
    message = _message_of(event_type)
    told = message(type=event_type.name, timestamp=happened.at.astimezone(UTC), data=shown)
    return told.model_dump(mode="json", by_alias=True)


def coaches_concerned(event: Event) -> list[UUID]:
    """Whose endpoints hear of it, besides the practice's: a member's new coach, and the one before."""
    named = (getattr(event, name, None) for name in ("coach_id", "previous_coach_id"))
    return [coach_id for coach_id in named if coach_id is not None]


@cache
def schema_document() -> bytes:
    """The JSON Schema of every message, as it is served."""
    told: Any = Annotated[Union[tuple(_MESSAGES.values())], Field(discriminator="type")]  # noqa: UP007
    described = {"$schema": DIALECT, "title": "What webhooks are sent", **TypeAdapter(told).json_schema()}
    return orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


class _Shown(BaseModel):
    """Receivers ignore fields that they do not know, so that events can gain some."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


def _message_of(event_type: EventType) -> type[BaseModel]:
    return _MESSAGES[event_type.name]


def _made_message(event_type: EventType) -> type[BaseModel]:
    fields: dict[str, Any] = {
        name: (_shown_as(field.annotation, NODES.get(name)), ...)
        for name, field in event_type.event.model_fields.items()
    }
    name = "".join(part.title() for part in event_type.name.replace(".", "_").split("_"))
    data = create_model(f"{name}Data", __base__=_Shown, __doc__="", **fields)
    message: dict[str, Any] = {
        "type": (Literal[event_type.name], ...),
        "timestamp": (datetime, Field(description="When it happened; of a message sent again, still that.")),
        "data": (data, ...),
    }
    return create_model(name, __base__=_Shown, __doc__=event_type.description, **message)


def _shown_as(annotation: Any, node: str | None) -> Any:
    """The same with a text for each UUID, described as the id that it is."""
    if annotation is UUID:
        assert node is not None, "say in NODES what it is the id of"
        return _id_of(node)
    if get_origin(annotation) in (Union, types.UnionType):
        return Union[tuple(_shown_as(part, node) for part in get_args(annotation))]  # noqa: UP007
    return annotation


def _id_of(node: str) -> Any:
    return Annotated[str, Field(description=f"The id of a {node} in the API.")]


_MESSAGES: Final = {each.name: _made_message(each) for each in (*EVENT_TYPES, TEST)}
