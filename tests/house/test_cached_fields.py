"""What is kept of an answer must not depend on who asks, but by the state that it is kept under."""

from graphql import get_named_type

from app.api import schema
from app.wire.caching import Caching
from app.wire.relations import Relation
from tests.house.test_shared_subscriptions import reachable


def test_what_is_kept_asks_nothing_of_the_context() -> None:
    query = schema._schema.query_type
    assert query is not None
    fields = {name: field.extensions["strawberry-definition"] for name, field in query.fields.items()}
    kept = {name for name, field in fields.items() if field.metadata.get(Caching)}

    asking = {
        f"{kind.name}.{name}"
        for root in kept
        for kind in reachable(get_named_type(query.fields[root].type), set())
        for name, field in kind.fields.items()
        if (definition := field.extensions["strawberry-definition"]).metadata.get(Relation)
        or definition.extensions  # permissions among them
        or (definition.base_resolver and definition.base_resolver.info_parameter)
    }

    assert kept == {"availableSlots"}
    assert asking == set()
