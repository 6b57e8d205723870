"""Every session of one start, changed in one call."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.loaders import sessions as session_loaders
from app.schema.relations import relation
from app.schema.sessions import Session

if TYPE_CHECKING:
    from app.schema.problems import Problem


@strawberry.type(description="What became of one session of a slot.")
class SlotSessionResult:
    session_id: strawberry.Private[UUID]
    session = relation(Session, session_loaders.sessions_by_id, key="session_id", description="As it is now.")
    problem: Annotated["Problem", strawberry.lazy("app.schema.problems")] | None = strawberry.field(
        description="What prevented the change of this one; null if it was changed."
    )


@strawberry.type(description="What became of the sessions of a slot: of each on its own.")
class SlotSessions:
    results: list[SlotSessionResult] = strawberry.field(
        description="One for each session that was scheduled, in the order of their seats; none if there was none."
    )


@strawberry.input(description="A slot whose sessions are all called off.")
class CancelSlotInput:
    starts_at: datetime = strawberry.field(description="The start of the sessions.")
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters; kept of each.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For admins; default: the asker."
    )


@strawberry.input(description="A slot whose sessions all took place.")
class CompleteSlotInput:
    starts_at: datetime = strawberry.field(description="The start of the sessions.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For admins; default: the asker."
    )
