"""Breakthroughs, and what open views of a member's coherence are sent."""

from datetime import datetime
from decimal import Decimal

import strawberry

from app.live import coherence as live
from app.loaders import coherence as coherence_loaders
from app.loaders import members as member_loaders
from app.models import coherence as models
from app.models.coherence import BreakthroughDimension, BreakthroughStatus, TriggerKind
from app.schema.coherence.scores import CoherenceScore, CoherenceSummary
from app.schema.members import Member
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, global_id, node_id

describe(
    BreakthroughDimension,
    "What has risen.",
    {
        "PSI": "Inner consistency and clarity.",
        "RHO": "Wisdom.",
        "Q": "Courage.",
        "F": "Belonging.",
        "OVERALL": "The total.",
    },
)
describe(
    BreakthroughStatus,
    "What the member's coach says of it.",
    {"DETECTED": "Nothing yet.", "CONFIRMED": "It is one.", "DISMISSED": "It is none."},
)
describe(
    TriggerKind,
    "What may have led to a breakthrough.",
    {
        "SESSION": "A session that took place.",
        "INTERVENTION": "An intervention that the member completed.",
        "ASSESSMENT": "An assessment, before the one that showed it.",
    },
    name="BreakthroughTriggerKind",
)

_NODES = {
    TriggerKind.SESSION: "Session",
    TriggerKind.INTERVENTION: "MemberIntervention",
    TriggerKind.ASSESSMENT: "Assessment",
}


@strawberry.type(description="What happened last before a breakthrough, within 14 days: it may have led to it.")
class BreakthroughTrigger:
    kind: TriggerKind = strawberry.field(description="What it was.")
    id: strawberry.ID = strawberry.field(description="Its id, for `node`.")
    at: datetime = strawberry.field(description="When it ended, or was completed.")


@strawberry.type(description="A rise of a member's coherence that is more than its usual ups and downs.")
class Breakthrough(Node):
    id: strawberry.ID = node_id("Breakthrough")
    dimension: BreakthroughDimension = strawberry.field(description="What has risen.")
    before_score: Decimal = strawberry.field(description="By the score before.")
    after_score: Decimal = strawberry.field(description="By the score that shows it.")
    magnitude: Decimal = strawberry.field(description="How much it has risen.")
    threshold: Decimal = strawberry.field(
        description="By the 6 to 12 scores before it: only a value that is more than usual exceeds it, by a step "
        "that is larger than usual."
    )
    description: str = strawberry.field(description="The same in a sentence or two.")
    status: BreakthroughStatus = strawberry.field(description="What the member's coach says of it.")
    detected_at: datetime = strawberry.field(description="When it was found.")
    decided_at: datetime | None = strawberry.field(description="When it was confirmed or dismissed.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="Whose it is; null if out of sight."
    )
    score = relation(
        CoherenceScore | None, coherence_loaders.scores_by_id, key="score_id", description="The score that shows it."
    )

    @strawberry.field(description="What may have led to it; null if nothing is known of.")
    @staticmethod
    def trigger(root: strawberry.Parent[models.Breakthrough]) -> BreakthroughTrigger | None:
        if root.trigger_kind is None or root.trigger_at is None:
            return None
        named = global_id(_NODES[root.trigger_kind], root.trigger_id)
        return BreakthroughTrigger(kind=root.trigger_kind, id=named, at=root.trigger_at)

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Breakthrough)


@strawberry.type(description="How a member stands, at first and whenever that changes.")
class CoherenceUpdated:
    is_snapshot: bool = strawberry.field(description="True for the first message, which holds no breakthroughs.")
    summary: CoherenceSummary = strawberry.field(description="How the member stands.")
    breakthroughs: list[Breakthrough] = strawberry.field(
        description="Those that are new, confirmed or dismissed since the last message, the newest first."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, live.CoherenceUpdated)


@strawberry.input(description="Confirming a breakthrough.")
class ConfirmBreakthroughInput:
    id: strawberry.ID = strawberry.field(description="A breakthrough of one's member.")


@strawberry.input(description="Dismissing a breakthrough.")
class DismissBreakthroughInput:
    id: strawberry.ID = strawberry.field(description="A breakthrough of one's member.")
