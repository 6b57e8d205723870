"""How much there is of each element in a member."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from app.loaders import growth as growth_loaders
from app.loaders import members as member_loaders
from app.models import growth as models
from app.models.coherence.dimensions import Element
from app.models.growth import Archetype
from app.schema.coherence import dimensions, scores  # noqa: F401  so that they are described before a type here asks
from app.schema.members import Member
from app.schema.relations import relation
from app.services import growth as growth_service
from app.services.members import Interval
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    Archetype,
    "Who somebody is in whom one element leads: with a quarter of the whole or more, and more than any other.",
    {
        "VISIONARY": "Fire leads: sees what could be, and drives towards it.",
        "EMPATH": "Water leads: feels, and understands what others feel.",
        "BUILDER": "Earth leads: gives things body and structure.",
        "MESSENGER": "Air leads: thinks, and finds the words.",
        "SAGE": "Aether leads: asks what it means as a whole.",
        "WHOLE": "No element leads.",
    },
)


@strawberry.type(description="One axis of a radar chart.")
class ElementShare:
    element: Element = strawberry.field(description="The element.")
    share: Decimal = strawberry.field(
        description="Of the whole, which is 1, in thousandths; of a change, by how much it is more, or below zero less."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_loaders.ElementShare)


@strawberry.type(description="How a member's elements stood at one time. It does not change any more.")
class ElementalBalance(Node):
    id: strawberry.ID = node_id("ElementalBalance")
    archetype: Archetype = strawberry.field(description="Of the element that leads; of several as strong the first.")
    recorded_at: datetime = strawberry.field(description="When it was found.")
    changes = relation(
        list[ElementShare] | None,
        growth_loaders.changes_by_balance,
        key="id",
        description="Each share less what it was in the balance before, in the same order; null for a first one.",
    )
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="Whose; null if out of sight."
    )

    @strawberry.field(
        graphql_type=list[ElementShare],
        description="All five, in the order of a radar chart: fire, water, earth, air, aether. Together exactly 1.",
    )
    @staticmethod
    def shares(root: strawberry.Parent[models.ElementalBalance]) -> list[growth_loaders.ElementShare]:
        return [growth_loaders.ElementShare(element, share) for element, share in root.shares.items()]

    @strawberry.field(
        description="How even the five are: their entropy over that of equal ones, from 0 (one has all) to 1."
    )
    @staticmethod
    def evenness(root: strawberry.Parent[models.ElementalBalance]) -> Decimal:
        return growth_service.evenness_of(root.shares.values())

    @strawberry.field(description="It comes of an assessment, and not of what a coach has seen.")
    @staticmethod
    def is_assessed(root: strawberry.Parent[models.ElementalBalance]) -> bool:
        return root.assessment_id is not None

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.ElementalBalance)


@strawberry.type(description="What there is of one day, week or month.")
class ElementalPoint:
    starts_on: date = strawberry.field(description="Its first day, where the member is.")
    count: int = strawberry.field(description="How many balances there are: one or more.")
    mean: list[ElementShare] = strawberry.field(description="Their mean, together exactly 1 again.")
    last: list[ElementShare] = strawberry.field(description="The last of them.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.ElementalPoint)


@strawberry.type(description="How a member's elements were over time.")
class ElementalSeries:
    interval: Interval = strawberry.field(description="What there is a point for.")
    time_zone: str = strawberry.field(description="The member's: where their days begin.")
    points: list[ElementalPoint] = strawberry.field(
        description="In the order of time; what has no balance has no point."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, growth_service.ElementalSeries)


_AMOUNT = "How much there is, in any unit: only how the five relate to each other matters. 0 to 1000000."


@strawberry.input(description="What a coach sees in a member.")
class RecordElementalBalanceInput:
    member_id: strawberry.ID = strawberry.field(description="The member.")
    fire: Decimal = strawberry.field(description=_AMOUNT)
    water: Decimal = strawberry.field(description=_AMOUNT)
    earth: Decimal = strawberry.field(description=_AMOUNT)
    air: Decimal = strawberry.field(description=_AMOUNT)
    aether: Decimal = strawberry.field(description=_AMOUNT)
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Up to 200 characters of the client's choice: a retry under the same key does nothing more.",
    )
