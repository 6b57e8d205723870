"""Coaching sessions and their history."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import growth as growth_loaders
from app.loaders import members as member_loaders
from app.loaders import scheduling as scheduling_loaders
from app.loaders import sessions as session_loaders
from app.models import sessions as models
from app.models.identity import Role
from app.models.sessions import SessionChangeKind, SessionFormat, SessionKind, SessionStatus
from app.schema.coaches import Coach
from app.schema.members import Member
from app.schema.relations import Info, relation
from app.schema.sessions.calendar import CalendarEvent
from app.schema.sessions.notes import SessionNote
from app.schema.sessions.permitted import Permitted, permitted, unless
from app.schema.sessions.plans import SessionPlan
from app.schema.sessions.ratings import SessionRating
from app.services import sessions as session_service
from app.services.sessions import Action, refusal_to, refusal_to_rate
from app.wire.enums import describe
from app.wire.relay import Node, node_id

if TYPE_CHECKING:
    from app.schema.growth.action_items import ActionItem
    from app.schema.sessions.series import SessionSeries

describe(
    SessionStatus,
    "Where a session stands.",
    {
        "SCHEDULED": "Is to come, or has not been closed yet.",
        "COMPLETED": "Took place.",
        "CANCELLED": "Will not take place; its seat is free again.",
        "NO_SHOW": "The member did not come.",
    },
)
describe(
    SessionKind,
    "What a session is for.",
    {
        "INITIAL": "Getting to know each other.",
        "REGULAR": "The usual one.",
        "DEEP_DIVE": "One subject at length.",
        "BREAKTHROUGH": "Working through a turning point.",
        "REVIEW": "Looking back over what was reached.",
    },
)
describe(
    SessionFormat,
    "How a session is held.",
    {"INDIVIDUAL": "One to one.", "GROUP": "With others in the same slot.", "CRISIS": "In an emergency."},
)
describe(
    SessionChangeKind,
    "What happened to a session.",
    {
        "BOOKED": "It was made.",
        "RESCHEDULED": "It was moved.",
        "CANCELLED": "It was called off.",
        "COMPLETED": "It took place.",
        "NO_SHOW": "The member did not come.",
    },
)


@strawberry.type(description="One change of a session.")
class SessionChange:
    version: int = strawberry.field(description="The session's version after it.")
    kind: SessionChangeKind = strawberry.field(description="What happened.")
    from_starts_at: datetime | None = strawberry.field(description="The start before; null for a new session.")
    to_starts_at: datetime | None = strawberry.field(description="The start after; null for a cancelled session.")
    reason: str | None = strawberry.field(description="Why, if it was said.")
    override_reason: str | None = strawberry.field(description="Why a rule was overridden; null if none was.")
    changed_by: Role | None = strawberry.field(description="What they were who did it; null if it is not known.")
    changed_at: datetime = strawberry.field(description="When.")


@strawberry.type(description="One coach and one member at one time. It keeps its id for life.")
class Session(Node):
    id: strawberry.ID = node_id("Session")
    starts_at: datetime = strawberry.field(description="UTC.")
    ends_at: datetime = strawberry.field(description="UTC.")
    kind: SessionKind = strawberry.field(description="What it is for.")
    format: SessionFormat = strawberry.field(description="How it is held.")
    status: SessionStatus = strawberry.field(description="Where it stands.")
    version: int = strawberry.field(description="Rises by one with each change; give it back as `expectedVersion`.")
    note: str | None = strawberry.field(description="What the member wrote when booking.")
    member_name: str = strawberry.field(description="The member's name when it was booked.")
    cancelled_at: datetime | None = strawberry.field(description="When it was cancelled.")
    cancellation_reason: str | None = strawberry.field(description="Why it was cancelled, if it was said.")
    is_late_cancellation: bool = strawberry.field(
        description="Its member cancelled it after `freeCancellationUntil`: the credit is kept."
    )
    completed_at: datetime | None = strawberry.field(description="When it was completed.")
    no_show_at: datetime | None = strawberry.field(description="When it was said that the member did not come.")
    created_at: datetime = strawberry.field(description="When it was booked.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field(description="Until when its member may cancel without losing the credit; null without a policy.")
    @staticmethod
    def free_cancellation_until(root: strawberry.Parent[models.CoachingSession]) -> datetime | None:
        return session_service.cancellation_deadline(root)

    @strawberry.field(
        description="The member's latest total of coherence, of at most 30 days before it began; null without one, for "
        "who may see no coherence, and in what came after the member had left its coach."
    )
    @staticmethod
    def pre_session_coherence(root: strawberry.Parent[models.CoachingSession], info: Info) -> Decimal | None:
        return root.pre_session_coherence if info.context.actor.may("coherence:read") else None

    @strawberry.field(
        description="The first total after it, before the member's next session; null like `preSessionCoherence`."
    )
    @staticmethod
    def post_session_coherence(root: strawberry.Parent[models.CoachingSession], info: Info) -> Decimal | None:
        return root.post_session_coherence if info.context.actor.may("coherence:read") else None

    can_cancel = permitted(partial(refusal_to, Action.CANCEL), "Whether the asker may cancel it now.")
    can_reschedule = permitted(
        partial(refusal_to, Action.RESCHEDULE), "Whether the asker may move it now, to a slot that can be booked."
    )
    can_complete = permitted(
        partial(refusal_to, Action.COMPLETE), "Whether the asker may say now, without a reason, that it took place."
    )
    can_mark_no_show = permitted(
        partial(refusal_to, Action.MARK_NO_SHOW), "Whether the asker may say now that the member did not come."
    )

    @strawberry.field(description="Whether the asker may rate it now, for the first time.")
    @staticmethod
    async def can_rate(root: strawberry.Parent[models.CoachingSession], info: Info) -> Permitted:
        actor, now = info.context.asking(), info.context.now()
        refused = refusal_to_rate(actor, root, None, now)
        if refused is None:
            refused = refusal_to_rate(
                actor, root, await info.context.load(session_loaders.ratings_by_session, root.id), now
            )
        return unless(refused)

    coach = relation(
        Coach | None, coach_loaders.coaches_by_id, key="coach_id", description="The coach; null if out of sight."
    )
    member = relation(
        Member | None,
        member_loaders.members_by_id,
        key="member_id",
        description="The member; null for a coach whose member they are not, or no longer.",
    )
    series = relation(
        Annotated["SessionSeries", strawberry.lazy("app.schema.sessions.series")] | None,
        scheduling_loaders.series_by_id,
        key="series_id",
        description="The series that it was booked in; null without one, or out of sight.",
    )
    history = relation(
        list[SessionChange], session_loaders.changes_by_session, key="id", description="Every change, oldest first."
    )
    calendar_event = relation(
        CalendarEvent | None,
        session_loaders.calendar_events_by_session,
        key="id",
        description="It as calendars see it; null if out of sight by now.",
    )
    rating = relation(
        SessionRating | None,
        session_loaders.ratings_by_session,
        key="id",
        description="What its member says of it; null until then.",
    )
    plan = relation(
        SessionPlan | None,
        session_loaders.plans_by_session,
        key="id",
        description="Its plan; null without one, and for the member while it is not shared.",
    )
    notes = relation(
        list[SessionNote] | None,
        session_loaders.notes_by_session,
        key="id",
        description="Those that the asker may see, in the order in which they were begun; null for who may see none.",
        shown_to=lambda actor, session: actor.may("notes:read"),
    )

    action_items = relation(
        list[Annotated["ActionItem", strawberry.lazy("app.schema.growth.action_items")]] | None,
        growth_loaders.action_items_by_session,
        key="id",
        description="What came of it for its member to do, that the asker may see; null for who may see none.",
        shown_to=lambda actor, session: actor.may("growth:read"),
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.CoachingSession)


@strawberry.input(description="Which sessions to list.")
class SessionFilter:
    coach_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Held by this coach.")
    member_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Of this member.")
    status: SessionStatus | None = strawberry.field(default=strawberry.UNSET, description="Of this status only.")
    from_: datetime | None = strawberry.field(
        default=strawberry.UNSET, name="from", description="Starting at this instant or later."
    )
    to: datetime | None = strawberry.field(default=strawberry.UNSET, description="Starting before this instant.")
    awaits_rating: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Only completed ones that the asking member has not rated yet; false: only the others.",
    )
