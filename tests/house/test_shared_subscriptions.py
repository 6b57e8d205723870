"""What a shared subscription shows to everybody must not depend on who asks."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType, get_named_type, is_interface_type

from app.actor import STRANGER, Actor, Standing
from app.api import schema
from app.live.visibility import by_coach, by_member, by_user
from app.wire.relations import Relation
from app.wire.sharing import Sharing, shared

PUBLIC: Sharing = shared()[Sharing]


def reachable(kind: object, seen: set[str]) -> list[GraphQLObjectType]:
    """The object types that a selection can lead to."""
    if isinstance(kind, GraphQLUnionType) or is_interface_type(kind):
        return [each for member in schema._schema.get_possible_types(kind) for each in reachable(member, seen)]
    if not isinstance(kind, GraphQLObjectType) or kind.name in seen:
        return []
    seen.add(kind.name)
    below = [each for field in kind.fields.values() for each in reachable(get_named_type(field.type), seen)]
    return [kind, *below]


def test_what_is_shared_with_everybody_asks_nothing_of_the_context() -> None:
    subscriptions = schema._schema.subscription_type
    assert subscriptions is not None
    fields = {name: field.extensions["strawberry-definition"] for name, field in subscriptions.fields.items()}
    public = {
        name
        for name, field in fields.items()
        if (sharing := field.metadata.get(Sharing)) and sharing.visibility is PUBLIC.visibility
    }

    asking = {
        f"{kind.name}.{name}"
        for root in public
        for kind in reachable(get_named_type(subscriptions.fields[root].type), set())
        for name, field in kind.fields.items()
        if (definition := field.extensions["strawberry-definition"]).metadata.get(Relation)
        or definition.extensions  # permissions among them
        or (definition.base_resolver and definition.base_resolver.info_parameter)
    }

    assert "slotAvailability" in public
    assert asking == set()


def test_every_shared_subscription_says_by_one_of_the_known_ways_who_shares() -> None:
    subscriptions = schema._schema.subscription_type
    assert subscriptions is not None
    definitions = [field.extensions["strawberry-definition"] for field in subscriptions.fields.values()]
    ways = {found.visibility for field in definitions if (found := field.metadata.get(Sharing))}

    assert ways <= {PUBLIC.visibility, by_coach, by_member, by_user}


@dataclass
class Asking:
    actor: Actor


ADA, BO = uuid4(), uuid4()
VIEWERS = {
    by_coach: [Actor(Standing.COACH, uuid4(), coach_id=ADA), Actor(Standing.COACH, uuid4(), coach_id=BO)],
    by_member: [Actor(Standing.MEMBER, uuid4(), member_id=ADA), Actor(Standing.MEMBER, uuid4(), member_id=BO)],
    by_user: [Actor(Standing.MEMBER, ADA), Actor(Standing.MEMBER, BO), Actor(Standing.ADMIN, ADA)],
}


@pytest.mark.parametrize("way", VIEWERS, ids=lambda way: way.__name__)
def test_viewers_with_different_rights_never_share(way: Callable[[Asking], Hashable]) -> None:
    others = [STRANGER, STRANGER, *(actor for kind in VIEWERS if kind is not way for actor in VIEWERS[kind][:1])]
    strangers = [actor for actor in others if way is not by_user or actor is STRANGER]
    keys = [way(Asking(actor)) for actor in (*VIEWERS[way], *strangers)]

    assert len(set(keys)) == len(keys)
    assert [way(Asking(actor)) for actor in VIEWERS[way]] == keys[: len(VIEWERS[way])]
