"""What one operation may ask for, over every way in, and how it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, get_introspection_query
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import PreExecutionError

from app.wire.limits import Limits
from app.wire.schema import WireSchema

CALLS: list[str] = []


@strawberry.type
class Item:
    id: strawberry.ID
    name: str

    @strawberry.field
    def item(self) -> Item:
        return Item(id=strawberry.ID("1"), name="one")

    @strawberry.field
    def items(self, first: int = 10) -> list[Item]:
        return []


@strawberry.input(one_of=True)
class Choice:
    left: strawberry.Maybe[int]
    right: strawberry.Maybe[int]


@strawberry.type
class Query:
    @strawberry.field
    def item(self) -> Item:
        CALLS.append("item")
        return Item(id=strawberry.ID("1"), name="one")

    @strawberry.field
    def items(self, first: int | None = None, last: int | None = None, after: str | None = None) -> list[Item]:
        CALLS.append("items")
        return []

    @strawberry.field
    def choose(self, choice: Choice) -> str:
        return "chosen"

    @strawberry.field
    def broken(self, reason: str = "broken") -> str | None:
        raise RuntimeError(reason)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self, times: int = 1) -> Item:
        CALLS.append("change")
        return Item(id=strawberry.ID("1"), name="one")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def changes(self, first: int | None = None) -> AsyncGenerator[Item, None]:
        CALLS.append("changes")
        yield Item(id=strawberry.ID("1"), name="one")


SCHEMA = WireSchema(Query, Mutation, Subscription, limits=Limits())


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def run(document: str, variables: Any = None, schema: strawberry.Schema = SCHEMA) -> list[GraphQLError]:
    """The errors of an operation, which are the same whichever way it comes in."""
    asynchronous = asyncio.run(schema.execute(document, variables))
    streamed = asyncio.run(_stream(schema, document, variables))[0]
    shown = [[error.formatted for error in result.errors or ()] for result in (asynchronous, streamed)]
    assert shown[0] == shown[1]
    return asynchronous.errors or []


async def _stream(schema: strawberry.Schema, document: str, variables: Any = None) -> list[Any]:
    return [result async for result in await schema.stream(document, variables)]


def only_error(errors: list[GraphQLError]) -> GraphQLError:
    assert len(errors) == 1, errors
    return errors[0]


def nested(levels: int) -> str:
    """A selection of `levels` + 1 nested fields."""
    return "{ " + "item { " * levels + "name" + " }" * levels + " }"


TOO_COMPLEX = {
    "{ item " + nested(11) + " }": "The depth of the operation is 13, at most 12 is allowed.",
    "{ items(first: 100) { items(first: 50) { id } } }": "The cost of the operation is 5101, at most 5000 is allowed.",
    "{ " + " ".join(f"a{i}: item {{ id }}" for i in range(101)) + " }": (
        "The number of aliases of the operation is 101, at most 100 is allowed."
    ),
    '{ item { id } __type(name: "Item") { ' + "ofType { " * 19 + "name" + " }" * 19 + " } }": (
        "The introspection depth of the operation is 21, at most 20 is allowed."
    ),
    "{ __schema { types { " + " ".join(f"a{i}: fields {{ name }}" for i in range(15)) + " } } }": (
        "The number of introspected lists of the operation is 16, at most 15 is allowed."
    ),
    "{ item { ...f0 } } fragment f150 on Item { name } "
    + " ".join(f"fragment f{i} on Item {{ ...f{i + 1} ...f{i + 1} }}" for i in range(150)): (
        "The cost of the operation is at least 1000000000, at most 5000 is allowed."
    ),
    "{ " + "item " * 2_000 + "}": "Syntax Error: Document contains more than 2000 tokens. Parsing aborted.",
    '{ broken(reason: "' + "x" * 65_536 + '") }': (
        "Syntax Error: Source contains more than 65536 code points. Parsing aborted."
    ),
}


def test_an_operation_as_deep_as_allowed_is_executed() -> None:
    assert run(nested(11)) == []


@pytest.mark.parametrize(("document", "message"), TOO_COMPLEX.items(), ids=TOO_COMPLEX.values())
def test_an_operation_beyond_a_limit_is_refused_with_both_numbers(document: str, message: str) -> None:
    error = only_error(run(document))

    assert error.message == message
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX", "status": 400}


def test_the_introspection_of_graphiql_passes() -> None:
    assert run(get_introspection_query(directive_is_repeatable=True, input_value_deprecation=True)) == []


@pytest.mark.parametrize(
    "document", ["{ items(first: 101) { id } }", "query ($n: Int = 0) { items(first: $n) { id } }"]
)
def test_a_page_size_out_of_bounds_is_refused_by_name(document: str) -> None:
    error = only_error(run(document))

    assert error.message == "Argument 'first' of field 'items' must be from 1 to 100."
    assert error.extensions == {"code": "BAD_USER_INPUT", "field": "first", "status": 400}
    assert error.locations is not None


@pytest.mark.parametrize("size", ["5", True, [5], {}, 2.5, float("inf"), float("nan")])
def test_a_page_size_of_a_wrong_type_is_left_to_the_executor(size: object) -> None:
    assert "Variable '$n'" in only_error(run("query ($n: Int) { items(first: $n) { id } }", {"n": size})).message


@pytest.mark.parametrize(
    "document",
    [
        "{ items(first: 1000) { id } }",
        f"mutation {{ change {nested(12)} }}",
        f"subscription {{ changes {nested(12)} }}",
        "subscription { changes(first: 1000) { id } }",
    ],
)
def test_a_refused_operation_computes_nothing(document: str) -> None:
    results = asyncio.run(_stream(SCHEMA, document))

    assert [result.data for result in results] == [None]
    assert len(results[0].errors or ()) == 1
    assert CALLS == []


def test_a_refused_subscription_ends_after_its_error() -> None:
    async def subscribe() -> list[Any]:
        return [result async for result in await SCHEMA.subscribe("subscription { changes(first: 0) { id } }")]

    assert [type(result) for result in asyncio.run(subscribe())] == [PreExecutionError]
    assert CALLS == []


def test_a_subscription_within_the_limits_delivers() -> None:
    assert [each.data for each in asyncio.run(_stream(SCHEMA, "subscription { changes { id } }"))] == [
        {"changes": {"id": "1"}}
    ]


def test_only_the_operation_that_is_executed_is_measured() -> None:
    document = f"query Big {nested(12)} query Small {{ item {{ id }} }}"

    assert asyncio.run(SCHEMA.execute(document, operation_name="Small")).errors is None


def test_other_limits_can_be_given() -> None:
    schema = WireSchema(Query, limits=Limits(max_depth=2))

    assert run(nested(1), schema=schema) == []
    assert "at most 2 is allowed" in only_error(run(nested(2), schema=schema)).message


def test_schema_extensions_are_refused_for_they_would_not_be_called() -> None:
    with pytest.raises(TypeError, match="neither schema extensions nor operation directives"):
        WireSchema(Query, extensions=[SchemaExtension])


@pytest.mark.parametrize("before", [{}, {"n": None}, {"n": True}, {"n": False}, {"n": "x"}, {"n": 1}, {"n": [1]}])
def test_what_is_measured_for_one_is_not_taken_for_another(before: dict[str, Any]) -> None:
    schema = WireSchema(Query, Mutation, Subscription, limits=Limits())
    document = "query ($n: Int = 1) { items(first: $n) { items(first: 100) { id } } }"

    def cost(variables: dict[str, Any]) -> Any:
        result = asyncio.run(schema.execute(document, variables, operation_extensions={"cost": True}))
        return (result.extensions or {}).get("cost", {}).get("cost", [error.message for error in result.errors or ()])

    cost(before)

    assert cost({}) == 102  # the variable's default
    assert cost({"n": None}) == 2_021  # none: the usual page
    assert cost({"n": 3}) == 304
    assert cost({"n": 0}) == ["Argument 'first' of field 'items' must be from 1 to 100."]
    assert cost({"n": 1}) == 102
    assert "Variable '$n'" in cost({"n": True})[0]


@pytest.mark.parametrize(("defers", "pieces"), [(3, 4), (4, 1)])
def test_more_pieces_than_allowed_are_delivered_at_once(defers: int, pieces: int) -> None:
    config = strawberry.schema.config.StrawberryConfig(enable_experimental_incremental_execution=True)
    schema = WireSchema(Query, config=config, limits=Limits(max_deferred=3))
    nested = "id" + "".join(f' ... @defer(label: "x{i}") {{ a{i}: name' for i in range(defers)) + " }" * defers

    results = asyncio.run(_stream(schema, f"{{ item {{ {nested} }} }}"))

    assert (len(results) > 1) is (pieces > 1)
    if pieces == 1:
        assert results[0].data["item"] == {"id": "1", **{f"a{i}": "one" for i in range(defers)}}


def test_the_cost_is_reported_to_who_asks_for_it() -> None:
    document = "query ($n: Int) { items(first: $n) { id } }"
    results = [asyncio.run(SCHEMA.execute(document, {"n": n}, operation_extensions={"cost": True})) for n in (3, 7, 3)]
    unasked = asyncio.run(SCHEMA.execute(document, {"n": 3}))

    assert [result.extensions for result in results] == [
        {"cost": {"cost": cost, "maxCost": 5000, "depth": 2, "maxDepth": 12, "aliases": 0, "maxAliases": 100}}
        for cost in (4, 8, 4)
    ]
    assert not unasked.extensions


def test_a_hundred_unknown_fields_are_answered_with_five_errors() -> None:
    errors = run("{ " + " ".join(f"unknown{i}" for i in range(100)) + " }")

    assert len(errors) == 5
    assert errors[0].message == "Cannot query field 'unknown0' on type 'Query'."
    assert errors[-1].message == "Too many validation errors, error limit reached. Validation aborted."


def test_failing_resolvers_are_answered_with_five_errors() -> None:
    errors = run("{ " + " ".join(f"a{i}: broken" for i in range(50)) + " }")

    assert [error.message for error in errors] == ["broken"] * 5


def test_an_error_does_not_hand_back_a_long_text() -> None:
    assert len(only_error(run('{ broken(reason: "' + "x" * 60_000 + '") }')).message) == 1_001
    assert len(only_error(run("query ($n: Int) { items(first: $n) { id } }", {"n": ["x" * 60_000]})).message) <= 1_001


def test_a_typing_mistake_is_answered_with_a_suggestion() -> None:
    assert only_error(run("{ itme { id } }")).message.endswith("Did you mean 'item' or 'items'?")


def test_suggestions_can_be_switched_off() -> None:
    config = strawberry.schema.config.StrawberryConfig(disable_field_suggestions=True)
    schema = WireSchema(Query, config=config, limits=Limits())

    assert only_error(run("{ itme { id } }", schema=schema)).message == "Cannot query field 'itme' on type 'Query'."


def test_the_rules_that_strawberry_adds_are_still_held() -> None:
    assert "OneOf Input Object" in run("{ choose(choice: { left: 1, right: 2 }) }")[0].message


def test_a_syntax_error_keeps_to_itself() -> None:
    assert only_error(run("{ item { id }")).extensions == {}


def test_a_cycle_of_fragments_is_left_to_validation() -> None:
    errors = run("{ item { ...A } } fragment A on Item { item { ...B } } fragment B on Item { item { ...A } }")

    assert only_error(errors).message == "Cannot spread fragment 'A' within itself via 'B'."


@pytest.mark.parametrize(
    "document",
    [
        "{ unknown(first: 5) { unknown { id } } }",
        "{ item { ...Missing } }",
        "{ ...A } fragment A on Missing { id items(first: 5) { id } }",
        "{ ...A } fragment A on Choice { left }",
        "{ ... on Int { id } }",
        "{ item { id { id } } }",
        "{ items(first: $missing) { id } }",
        "{ items(after: 3.5) { id } }",
        "query ($n: Missing = {a: 1}) { items(first: $n, first: [1]) { id } }",
        "{ __typename { id } __schema item { __schema { types { name } } } }",
        "{ item { ...A } } fragment A on Item { id } fragment A on Item { name }",
    ],
)
def test_an_invalid_document_is_refused_by_validation(document: str) -> None:
    errors = run(document)

    assert errors
    assert all(not error.extensions for error in errors)
    assert CALLS == []


@pytest.mark.parametrize(
    "document",
    [
        "{ " + "item { name } " * 400 + "}",
        "{ " + 'broken(reason: "x") ' * 330 + "}",
        "{ item { "
        + " ".join(f"...f{i}" for i in range(200))
        + " } } "
        + " ".join(f"fragment f{i} on Item {{ id }}" for i in range(200)),
    ],
)
def test_a_document_of_overlapping_selections_is_refused_before_all_are_compared(document: str) -> None:
    error = only_error(run(document))

    assert error.message == "The selections of the document overlap or nest too much to be checked."
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX", "status": 400}
