"""Kept answers: a root field is resolved for each request; what is selected of its value is encoded once per state."""

from collections.abc import Hashable
from typing import Any

import pytest
import strawberry

from app.wire.caching import KeptAnswers, cached
from app.wire.documents import Prepared
from app.wire.encoding import encode_result
from app.wire.limits import Limits
from app.wire.schema import WireSchema

BOARD = "query ($name: String!, $factor: Float = 1.0) { board(name: $name, factor: $factor) { name scores } }"


class Board:
    """What a resolver answers: its scores are looked at only when an answer is made."""

    looks = 0

    def __init__(self, name: str, state: Hashable, scores: list[Any]) -> None:
        self.name, self.state, self._scores = name, state, scores

    @property
    def scores(self) -> list[Any]:
        Board.looks += 1
        return self._scores


@strawberry.type(name="Board")
class BoardType:
    name: str
    scores: list[int]


class World:
    """The context of all requests."""

    def __init__(self) -> None:
        self.state: Hashable = 1
        self.scores: list[Any] = [1, 2]
        self.is_open = True
        self.asked: list[tuple[str, float]] = []
        self.changed: list[list[int]] = []


@strawberry.type
class Query:
    @strawberry.field(graphql_type=BoardType | None, metadata=cached(lambda board: board.state))
    async def board(self, info: strawberry.Info, name: str, factor: float = 1.0) -> Board:
        world: World = info.context
        world.asked.append((name, factor))
        if not world.is_open:
            raise PermissionError("closed")
        return Board(name, world.state, world.scores)

    @strawberry.field(graphql_type=BoardType, metadata=cached(lambda board: board.state))
    def listed(self, info: strawberry.Info, numbers: list[int]) -> Board:
        world: World = info.context
        world.changed.append(list(numbers))
        numbers.append(99)
        return Board("listed", world.state, world.scores)

    @strawberry.field
    def hello(self) -> str:
        return "hello"


@pytest.fixture
def schema() -> WireSchema:
    return WireSchema(query=Query, limits=Limits())


@pytest.fixture
def world() -> World:
    Board.looks = 0
    return World()


async def asked(schema: WireSchema, world: World, query: str = BOARD, **variables: Any) -> bytes:
    variables = {"name": "a"} | variables if query == BOARD else variables
    return encode_result(await schema.execute(query, variable_values=variables, context_value=world))


async def test_an_answer_to_the_same_question_in_the_same_state_is_made_once(schema: WireSchema, world: World) -> None:
    answers = [await asked(schema, world) for _ in range(3)]

    assert answers == [b'{"data":{"board":{"name":"a","scores":[1,2]}}}'] * 3
    assert Board.looks == 1
    assert len(world.asked) == 3  # and each of them by the resolver, who decides who may


async def test_another_state_is_another_answer(schema: WireSchema, world: World) -> None:
    await asked(schema, world)
    world.state, world.scores = 2, [3]

    assert await asked(schema, world) == b'{"data":{"board":{"name":"a","scores":[3]}}}'


async def test_no_state_is_like_no_other(schema: WireSchema, world: World) -> None:
    world.state = None

    for _ in range(2):
        await asked(schema, world)

    assert (Board.looks, len(schema.kept)) == (2, 0)


async def test_other_variables_and_other_selections_are_other_questions(schema: WireSchema, world: World) -> None:
    first = await asked(schema, world, name="a")
    second = await asked(schema, world, name="b")
    third = await asked(schema, world, '{ board(name: "a") { scores } }')

    assert (b'"a"' in first, b'"b"' in second) == (True, True)
    assert third == b'{"data":{"board":{"scores":[1,2]}}}'


async def test_a_kept_answer_does_not_let_in_who_is_refused(schema: WireSchema, world: World) -> None:
    await asked(schema, world)
    world.is_open = False

    answer = await asked(schema, world)

    assert b'"data":{"board":null}' in answer
    assert b'"path":["board"]' in answer


async def test_an_answer_with_errors_is_made_again(schema: WireSchema, world: World) -> None:
    world.scores = ["no number"]
    refused = await asked(schema, world)
    world.scores = [5]

    assert b'"errors"' in refused
    assert await asked(schema, world) == b'{"data":{"board":{"name":"a","scores":[5]}}}'


async def test_a_field_beside_others_is_answered_as_ever(schema: WireSchema, world: World) -> None:
    for _ in range(2):
        answer = await asked(schema, world, '{ board(name: "a") { name } hello }')

        assert answer == b'{"data":{"board":{"name":"a"},"hello":"hello"}}'
    assert len(schema.kept) == 0


async def test_what_a_request_asks_for_beside_data_goes_past_what_is_kept(schema: WireSchema, world: World) -> None:
    await asked(schema, world)

    result = await schema.execute(
        BOARD, variable_values={"name": "a"}, context_value=world, operation_extensions={"cost": True}
    )

    assert result.data == {"board": {"name": "a", "scores": [1, 2]}}
    assert result.extensions is not None
    assert "cost" in result.extensions
    assert Board.looks == 2


async def test_graphql_cores_executor_gives_the_same_answer(schema: WireSchema, world: World) -> None:
    kept = [await asked(schema, world) for _ in range(2)][-1]
    schema.compiled = False

    assert await asked(schema, world) == kept


async def test_variables_that_python_takes_for_equal_are_not_confused(schema: WireSchema, world: World) -> None:
    refused = await asked(schema, world, factor=True)
    taken = await asked(schema, world, factor=1)
    refused_again = await asked(schema, world, factor=True)

    assert (b'"errors"' in refused, b'"errors"' in taken, b'"errors"' in refused_again) == (True, False, True)


async def test_wrong_variables_are_refused_each_time(schema: WireSchema, world: World) -> None:
    for _ in range(2):
        assert b'"errors"' in await asked(schema, world, name=None)
    assert world.asked == []


async def test_what_a_resolver_does_to_its_arguments_is_not_given_to_the_next(schema: WireSchema, world: World) -> None:
    for _ in range(3):
        await asked(schema, world, "query ($numbers: [Int!]!) { listed(numbers: $numbers) { name } }", numbers=[1])

    assert world.changed == [[1], [1], [1]]


async def test_too_costly_a_question_stays_refused_when_it_is_known(world: World) -> None:
    schema = WireSchema(query=Query, limits=Limits())
    await asked(schema, world)
    schema.limits = Limits(max_depth=1)

    assert b"QUERY_TOO_COMPLEX" in await asked(schema, world)


def test_answers_are_kept_up_to_so_many_bytes_the_last_used_longest() -> None:
    kept = KeptAnswers(most_bytes=10_000)
    for number in range(30):
        kept.keep(number, b"x")
    kept.get(0)
    kept.keep("large", b"x" * 3_000)

    assert kept.bytes <= 10_000
    assert kept.get(0) == b"x"
    assert kept.get(1) is None
    kept.keep("too large to be worth all the others", b"x" * 6_000)
    assert kept.get(0) == b"x"


async def test_questions_are_remembered_up_to_a_number(schema: WireSchema, world: World) -> None:
    for number in range(2_100):
        await asked(schema, world, name=str(number))
    await asked(schema, world, name="x" * 10_000)

    assert len(schema.questions) == 2_000


def test_what_an_answer_is_kept_under_does_not_hold_the_document(schema: WireSchema) -> None:
    prepared = schema.prepare("{ __typename } #" + "x" * 50_000)

    assert isinstance(prepared, Prepared)
    assert len(prepared.key) == 16


def test_what_an_answer_is_kept_under_is_weighed_too() -> None:
    kept = KeptAnswers(most_bytes=100_000)
    for number in range(30):
        kept.keep(("state", number, (b"v" * 9_000,)), b"x")

    assert len(kept) < 12
