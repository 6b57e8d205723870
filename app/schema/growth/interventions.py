"""Interventions, and what members make of those that they were given."""

from datetime import date, datetime

import strawberry

from app.loaders import growth as growth_loaders
from app.loaders import members as member_loaders
from app.models import growth as models
from app.models.coherence.dimensions import Dimension, Element
from app.models.growth import Difficulty, InterventionStatus
from app.schema.coherence import dimensions  # noqa: F401  so that they are described before a type here asks
from app.schema.members import Member
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    Difficulty,
    "How much an intervention asks of a member.",
    {
        "EASY": "Anybody can begin with it.",
        "MEDIUM": "Asks for some practice, or some courage.",
        "ADVANCED": "For those who know themselves well, best with a coach at hand.",
    },
)
describe(
    InterventionStatus,
    "Where a member stands with an intervention.",
    {
        "ASSIGNED": "Was given to them, and not begun.",
        "IN_PROGRESS": "They are at it.",
        "COMPLETED": "They have done it; it can be rated.",
        "ABANDONED": "It was given up.",
    },
)

_KEY = "Up to 200 characters of the client's choice: a retry under the same key does nothing more."
_LINES = "Up to 20, of up to 500 characters."


@strawberry.type(description="An exercise: the library's, or a coach's own.")
class Intervention(Node):
    id: strawberry.ID = node_id("Intervention")
    code: str = strawberry.field(description="What it is known by; once in the library, and once for each coach.")
    name: str = strawberry.field(description="What it is called.")
    dimension: Dimension = strawberry.field(description="What it strengthens.")
    element: Element | None = strawberry.field(description="The element that it belongs to; null for none.")
    difficulty: Difficulty = strawberry.field(description="How much it asks.")
    time_minutes: int = strawberry.field(description="How long it takes, each time it is done.")
    description: str = strawberry.field(description="What it is and why it helps.")
    steps: list[str] = strawberry.field(description="How it is done, in order.")
    success_measures: list[str] = strawberry.field(description="How one sees that it has helped.")
    resources: list[str] = strawberry.field(description="What one needs for it.")
    is_active: bool = strawberry.field(description="Whether it is in use: what is not is given to nobody any more.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field(description="Whether everybody has it; a coach's own is seen by them alone, and by admins.")
    @staticmethod
    def is_of_library(root: strawberry.Parent[models.Intervention]) -> bool:
        return root.coach_id is None

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Intervention)


@strawberry.type(description="An intervention that a member was given, with its text as it was then.")
class MemberIntervention(Node):
    id: strawberry.ID = node_id("MemberIntervention")
    name: str = strawberry.field(description="What it is called.")
    dimension: Dimension = strawberry.field(description="What it strengthens.")
    element: Element | None = strawberry.field(description="The element that it belongs to; null for none.")
    difficulty: Difficulty = strawberry.field(description="How much it asks.")
    time_minutes: int = strawberry.field(description="How long it takes, each time it is done.")
    description: str = strawberry.field(description="What it is and why it helps.")
    steps: list[str] = strawberry.field(description="How it is done, in order.")
    success_measures: list[str] = strawberry.field(description="How one sees that it has helped.")
    resources: list[str] = strawberry.field(description="What one needs for it.")
    status: InterventionStatus = strawberry.field(description="Where the member stands with it.")
    progress_percent: int = strawberry.field(description="How far the member has come, 0 to 100.")
    assigned_at: datetime = strawberry.field(description="When it was given to them.")
    due_date: date | None = strawberry.field(description="By which day it is to be done, where the member is.")
    started_at: datetime | None = strawberry.field(description="When it was begun.")
    completed_at: datetime | None = strawberry.field(description="When it was completed.")
    effectiveness_rating: int | None = strawberry.field(description="How much it has helped the member, 1 to 5.")
    rated_at: datetime | None = strawberry.field(description="When that was last said.")
    updated_at: datetime = strawberry.field(description="When anything of it was last changed.")
    feedback = relation(
        str | None,
        growth_loaders.feedback_by_member_intervention,
        key="id",
        description="What the member says of it. Stored encrypted.",
    )
    coach_note = relation(
        str | None,
        growth_loaders.notes_by_member_intervention,
        key="id",
        description="What the coach keeps in mind of it; null for the member. Stored encrypted.",
        shown_to=lambda actor, given: actor.member_id != given.member_id,
    )
    intervention = relation(
        Intervention | None,
        growth_loaders.interventions_by_id,
        key="intervention_id",
        description="The intervention as it is today; null if out of sight, as another coach's own is.",
    )
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="The member; null if out of sight."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.MemberIntervention)


@strawberry.input(description="Which interventions to list.")
class InterventionFilter:
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description='Words of the name or the description, in any form; "quoted" together, -without.',
    )
    dimension: Dimension | None = strawberry.field(default=strawberry.UNSET, description="For this dimension only.")
    element: Element | None = strawberry.field(default=strawberry.UNSET, description="Of this element only.")
    difficulty: Difficulty | None = strawberry.field(default=strawberry.UNSET, description="Of this difficulty only.")
    max_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="No longer than this, 1 to 600.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="This coach's own only; a coach can only name themselves."
    )
    is_active: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Those in use, which is the default; false: the others."
    )


@strawberry.input(description="A new intervention: a coach's own; an admin's is the library's.")
class AddInterventionInput:
    name: str = strawberry.field(description="1 to 120 characters.")
    dimension: Dimension = strawberry.field(description="What it strengthens.")
    difficulty: Difficulty = strawberry.field(description="How much it asks.")
    time_minutes: int = strawberry.field(description="1 to 600.")
    description: str = strawberry.field(description="1 to 2,000 characters.")
    steps: list[str] = strawberry.field(description="1 to 20, of up to 500 characters.")
    code: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Up to 64 small letters, digits and dashes between them; default: made of the name.",
    )
    element: Element | None = strawberry.field(default=strawberry.UNSET, description="The element that it belongs to.")
    success_measures: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_LINES)
    resources: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_LINES)


@strawberry.input(description="Changes of an intervention; what is left out stays as it is.")
class UpdateInterventionInput:
    id: strawberry.ID = strawberry.field(description="The intervention.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 120 characters.")
    dimension: Dimension | None = strawberry.field(default=strawberry.UNSET, description="What it strengthens.")
    element: Element | None = strawberry.field(default=strawberry.UNSET, description="Null for none.")
    difficulty: Difficulty | None = strawberry.field(default=strawberry.UNSET, description="How much it asks.")
    time_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 600.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 2,000 characters.")
    steps: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 20, of up to 500 characters."
    )
    success_measures: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_LINES)
    resources: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_LINES)
    is_active: bool | None = strawberry.field(default=strawberry.UNSET, description="Whether it is in use.")


@strawberry.input(description="Giving a member an intervention.")
class AssignInterventionInput:
    member_id: strawberry.ID = strawberry.field(description="The member.")
    intervention_id: strawberry.ID = strawberry.field(
        description="One in use, of the library or of the member's coach."
    )
    due_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="By which day, where the member is; today or later."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=_KEY)


@strawberry.input(description="How a member gets on with an intervention; one of the two at least.")
class UpdateInterventionProgressInput:
    id: strawberry.ID = strawberry.field(description="What the member was given.")
    status: InterventionStatus | None = strawberry.field(default=strawberry.UNSET, description="Where it stands now.")
    progress_percent: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 100; anything begins it, 100 completes it."
    )


@strawberry.input(description="How much a completed intervention has helped.")
class RateInterventionInput:
    id: strawberry.ID = strawberry.field(description="What one was given.")
    rating: int = strawberry.field(description="1 to 5.")
    feedback: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Up to 5,000 characters; null takes away what was said before, left out it stays.",
    )


@strawberry.input(description="A coach's note of a member's intervention, in place of the one before.")
class WriteInterventionNoteInput:
    id: strawberry.ID = strawberry.field(description="What the member was given.")
    text: str | None = strawberry.field(
        default=strawberry.UNSET, description="Up to 5,000 characters; null, or nothing, takes the note away."
    )
