"""Recommendations: what is proposed to a member, why, and what became of it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from app.live import growth as live
from app.loaders import growth as growth_loaders
from app.loaders import members as member_loaders
from app.models import growth as models
from app.models.coherence.dimensions import Dimension, Element
from app.models.growth import Priority, RecommendationStatus, Wording
from app.schema.coherence import dimensions  # noqa: F401  so that they are described before a type here asks
from app.schema.growth.interventions import Intervention, MemberIntervention
from app.schema.members import Member
from app.schema.relations import relation
from app.services import growth as growth_service
from app.services.growth.ranking import Known
from app.wire.enums import describe
from app.wire.relay import Node, global_id, node_id

describe(
    Priority,
    "How much is missing of what a recommendation is for.",
    {
        "HIGH": "At least six tenths.",
        "MEDIUM": "At least four tenths.",
        "LOW": "Less.",
    },
)
describe(
    RecommendationStatus,
    "What became of a recommendation.",
    {
        "DRAFTED": "Waits for the coach's review.",
        "APPROVED": "Is good, and not sent yet.",
        "SENT": "The member sees it.",
        "REJECTED": "The coach does not want it, or the member gave it up.",
        "COMPLETED": "The member has done it.",
        "SUPERSEDED": "A later draft has taken its place.",
    },
)
describe(
    Wording,
    "Whose words a recommendation is in.",
    {
        "RULES": "Those of the rules, the same for the same facts.",
        "MODEL": "A language model's, of the same facts.",
        "COACH": "A coach's.",
    },
)
describe(
    Known,
    "What a recommendation is drawn from.",
    {
        "WEAKEST_DIMENSION": "The dimension that is the lowest of the four; `value` is its score.",
        "DIMENSION": "The score of a dimension.",
        "PATTERN": "A pattern of coherence that lacks this dimension.",
        "ELEMENT": "The share of an element that has less than an even one.",
        "OWN_RATINGS": "What the member has said of exercises for the same element or dimension: the mean, of 1 to 5.",
        "RATINGS_OF_OTHERS": "What members like this one have said of this exercise: the mean, of 1 to 5.",
        "DONE_BEFORE": "That the member has done this exercise lately.",
    },
    name="RecommendationFactKind",
)


@strawberry.type(description="One of the facts that led to a recommendation.")
class RecommendationFact:
    kind: Known = strawberry.field(description="What it is.")
    about: str = strawberry.field(description="The dimension, pattern, element or group that it is about.")
    value: Decimal | None = strawberry.field(description="The number, if there is one.")
    count: int | None = strawberry.field(description="How many ratings, or members, the number is the mean of.")


@strawberry.type(description="An exercise proposed to a member: drafted by rules, reviewed by the coach, rated.")
class Recommendation(Node):
    id: strawberry.ID = node_id("Recommendation")
    dimension: Dimension = strawberry.field(description="What it is to strengthen.")
    element: Element | None = strawberry.field(description="The element that it belongs to; null for none.")
    priority: Priority = strawberry.field(description="How much is missing of that.")
    rank_score: Decimal = strawberry.field(
        description="How good a proposal it is, 0 to 1; the best of a draft comes first."
    )
    title: str = strawberry.field(description="In a few words.")
    text: str = strawberry.field(description="For the member.")
    reason: str = strawberry.field(description="What led to it, in one sentence with its numbers.")
    wording: Wording = strawberry.field(description="Whose words title and text are.")
    status: RecommendationStatus = strawberry.field(description="What became of it.")
    drafted_at: datetime = strawberry.field(description="When it was drafted.")
    reviewed_at: datetime | None = strawberry.field(description="When it was approved or rejected.")
    sent_at: datetime | None = strawberry.field(description="Since when the member sees it.")
    rating: int | None = strawberry.field(description="How useful the member found it, 1 to 5.")
    rated_at: datetime | None = strawberry.field(description="When they last said so.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="The member; null if out of sight."
    )
    comment = relation(
        str | None,
        growth_loaders.comments_by_recommendation,
        key="id",
        description="What the member says of it. Stored encrypted.",
    )

    intervention = relation(
        Intervention | None,
        growth_loaders.interventions_by_id,
        key="intervention_id",
        description="What is recommended, as it is today; null if out of sight, as another coach's own is.",
    )
    member_intervention = relation(
        MemberIntervention | None,
        growth_loaders.member_interventions_by_id,
        key="member_intervention_id",
        description="What the member was given for it; null if it was only recommended.",
    )

    @strawberry.field(description="What led to it, fact by fact.")
    @staticmethod
    def facts(root: strawberry.Parent[models.Recommendation]) -> list[RecommendationFact]:
        return [_fact(stored) for stored in root.facts]

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Recommendation)


def _fact(stored: dict[str, Any]) -> RecommendationFact:
    value = stored["value"]
    return RecommendationFact(
        kind=Known(stored["kind"]),
        about=stored["about"],
        value=None if value is None else Decimal(value),
        count=stored["count"],
    )


@strawberry.type(description="Recommendations of one priority and one element.")
class RecommendationGroup:
    priority: Priority = strawberry.field(description="The priority of all of them.")
    element: Element | None = strawberry.field(description="The element of all of them; null for those without one.")

    @strawberry.field(description="The best first.")
    @staticmethod
    def recommendations(root: strawberry.Parent[growth_service.RecommendationGroup]) -> list[Recommendation]:
        found: Any = root.recommendations
        return list(found)

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.RecommendationGroup)


@strawberry.type(description="What was drafted for a member.")
class DraftedRecommendations:
    recommendations: list[Recommendation] = strawberry.field(
        description="All that wait for the review, the best first; none where there is nothing left to propose."
    )


@strawberry.type(description="A snapshot, or what changed since the last message of the subscription.")
class RecommendationsChanged:
    is_snapshot: bool = strawberry.field(
        description="True for the first message, which holds the newest 100 that are not rejected or superseded."
    )
    recommendations: list[Recommendation] = strawberry.field(
        description="The newest first; after the snapshot those that are new or changed."
    )

    @strawberry.field(description="Those that were rejected or superseded, or have left the newest 100.")
    @staticmethod
    def removed_recommendation_ids(root: strawberry.Parent[live.RecommendationChanges]) -> list[strawberry.ID]:
        return [strawberry.ID(global_id("Recommendation", key)) for key in root.removed]


@strawberry.input(description="Drafting anew for a member.")
class DraftRecommendationsInput:
    member_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.input(description="Approving a recommendation.")
class ApproveRecommendationInput:
    id: strawberry.ID = strawberry.field(description="The recommendation.")
    send: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether the member sees it at once, which is the default."
    )
    assign: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether the member is given its intervention at once; default: not."
    )
    due_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="By which day the intervention is to be done, where the member is."
    )


@strawberry.input(description="Changes of a recommendation that was not sent; what is left out stays as it is.")
class EditRecommendationInput:
    id: strawberry.ID = strawberry.field(description="The recommendation.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 200 characters.")
    text: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 2,000 characters.")
    priority: Priority | None = strawberry.field(default=strawberry.UNSET, description="How important it is.")


@strawberry.input(description="Rejecting a recommendation, or taking one back that was sent.")
class RejectRecommendationInput:
    id: strawberry.ID = strawberry.field(description="The recommendation.")


@strawberry.input(description="How useful a recommendation was.")
class RateRecommendationInput:
    id: strawberry.ID = strawberry.field(description="The recommendation.")
    rating: int = strawberry.field(description="1 to 5.")
    comment: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="1 to 2,000 characters; null takes back what was said, left out it stays.",
    )
