"""What a shared subscription shows to everybody must not depend on who asks."""

from graphql import GraphQLObjectType, GraphQLUnionType, get_named_type, is_interface_type

from app.api import schema
from app.wire.relations import Relation
from app.wire.sharing import EVERYBODY, Sharing


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
        if (sharing := field.metadata.get(Sharing)) and sharing.visibility(None) == EVERYBODY
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
