"""What members are to do."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.loaders import growth as growth_loaders
from app.loaders import members as member_loaders
from app.loaders import sessions as session_loaders
from app.models import growth as models
from app.models.growth import ActionItemStatus
from app.schema.growth.interventions import MemberIntervention
from app.schema.members import Member
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

if TYPE_CHECKING:
    from app.schema.sessions.session import Session

describe(
    ActionItemStatus,
    "Where something to do stands.",
    {
        "PENDING": "Is to be done.",
        "IN_PROGRESS": "Was begun.",
        "COMPLETED": "Is done.",
        "OVERDUE": "Was not done by the end of its day, where the member is.",
    },
)

_KEY = "Up to 200 characters of the client's choice: a retry under the same key does nothing more."


@strawberry.type(description="Something that a member is to do, or wants to.")
class ActionItem(Node):
    id: strawberry.ID = node_id("ActionItem")
    title: str = strawberry.field(description="In a line.")
    description: str | None = strawberry.field(description="In more words.")
    due_date: date | None = strawberry.field(description="By the end of which day, where the member is.")
    status: ActionItemStatus = strawberry.field(description="Where it stands.")
    started_at: datetime | None = strawberry.field(description="When it was begun.")
    completed_at: datetime | None = strawberry.field(description="When it was done.")
    is_added_by_member: bool = strawberry.field(
        description="Whether the member added it themselves: they change and remove only such."
    )
    version: int = strawberry.field(description="Rises by one when somebody changes it; give it back to change it.")
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="The member; null if out of sight."
    )
    session = relation(
        Annotated["Session", strawberry.lazy("app.schema.sessions.session")] | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session that it came of; null for none, and for who may see no sessions.",
        shown_to=lambda actor, item: actor.may("sessions:read"),
    )
    member_intervention = relation(
        MemberIntervention | None,
        growth_loaders.member_interventions_by_id,
        key="member_intervention_id",
        description="The intervention that it is a part of; null for none.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.ActionItem)


@strawberry.input(description="Which action items to list.")
class ActionItemFilter:
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The member; members may leave it out, for their own."
    )
    status: ActionItemStatus | None = strawberry.field(default=strawberry.UNSET, description="Of this status only.")
    is_open: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Only what is not completed; false: only what is."
    )
    session_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Of this session only.")
    member_intervention_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Of this intervention of the member only."
    )


@strawberry.input(description="Something to do.")
class AddActionItemInput:
    title: str = strawberry.field(description="1 to 200 characters.")
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For whom; members may leave it out, for themselves."
    )
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 2,000 characters.")
    due_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="By the end of which day, where the member is; today or later."
    )
    session_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The session that it comes of, which is the member's; at most 50 of one."
    )
    member_intervention_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The intervention that it is a part of, which was given to the member."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=_KEY)


@strawberry.input(
    description="Changes of an action item; what is left out stays. Of what others have added, a member only begins it."
)
class UpdateActionItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int = strawberry.field(description="The version that one has seen.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 2,000 characters.")
    due_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="Today or later, where the member is; null for none."
    )
    is_started: bool | None = strawberry.field(default=strawberry.UNSET, description="Whether it is begun.")


@strawberry.input(description="Something was done.")
class CompleteActionItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")


@strawberry.input(description="Something is to be done after all.")
class ReopenActionItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")


@strawberry.input(description="Taking an action item away.")
class RemoveActionItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
