"""Plans: kept within bounds, holding nothing of a request, shared by executions and never by schemas."""

import asyncio
import gc
import json
import weakref
from collections import Counter
from typing import Any

import pytest
import strawberry

from app.wire.documents import MOST_PLANS, Documents
from app.wire.encoding import encode_result
from app.wire.permissions import FieldPermission
from app.wire.relations import relation
from tests.wire.compiled import batches
from tests.wire.compiled.answering import answer
from tests.wire.compiled.batches import Context
from tests.wire.compiled.documents import Asked
from tests.wire.compiled.graph import Owner
from tests.wire.compiled.roots import Unlogged, Wire, make_world, schema_of

BOXES = "{ boxes { title owner { name boxes { title owner { name } } } parts { keeper { name } } } }"


async def execute(schema: Any, text: str, variables: dict[str, Any] | None = None, **options: Any) -> Any:
    context = Context(make_world())
    result = await schema.execute(text, variable_values=variables, context_value=context, **options)
    assert result.errors is None
    return json.loads(encode_result(result))["data"]


def plans_of(schema: Any, text: str) -> dict[Any, Any]:
    return schema.documents.get(text, None).plans  # type: ignore[no-any-return]


async def test_a_document_is_prepared_and_planned_once() -> None:
    schema, seen = schema_of(Wire), []
    schema.executed = lambda prepared, run, plan: seen.append((prepared, plan))

    for _ in range(3):
        await execute(schema, BOXES)

    assert len(schema.documents) == 1
    assert len({id(prepared) for prepared, _ in seen}) == len({id(plan) for _, plan in seen}) == 1


async def test_documents_are_kept_by_their_tokens_and_the_oldest_go_first() -> None:
    schema = schema_of(Wire, most_weight=200)

    for number in range(300):
        await execute(schema, f"{{ a{number}: version }}")  # 6 tokens with those of the beginning and the end

    assert 20 < len(schema.documents) < 50
    assert schema.documents.get("{ a299: version }", None) is not None
    assert schema.documents.get("{ a0: version }", None) is None


async def test_a_document_larger_than_the_room_is_answered_and_not_kept() -> None:
    schema = schema_of(Wire, most_weight=10)

    data = await execute(schema, BOXES)

    assert data["boxes"][0]["title"] == "box 0"
    assert len(schema.documents) == 0


async def test_documents_that_are_not_valid_are_not_kept() -> None:
    schema = schema_of(Wire)

    for text in ("{ nothingOfThis }", "{ boxes", "query A { version } query B { version }"):
        result = await schema.execute(text, context_value=Context(make_world()))
        assert result.errors

    assert len(schema.documents) == 0


async def test_not_more_documents_are_kept_than_a_number_however_small_they_are() -> None:
    schema = schema_of(Wire)
    schema.documents = Documents(10**9, most_documents=5)

    for number in range(9):
        await execute(schema, f"{{ a{number}: version }}")

    assert len(schema.documents) == 5


async def test_schemas_with_the_same_documents_share_nothing() -> None:
    @strawberry.type
    class Thing:
        title: str

    @strawberry.type(name="Query")
    class Other:
        @strawberry.field
        def box(self) -> Thing:
            return Thing(title="of another schema")

    one, other = schema_of(Wire), Wire(Other)
    text = "{ box { title } }"

    answers = [await execute(one, text), await execute(other, text), await execute(one, text)]

    assert [each["box"]["title"] for each in answers] == ["box 0", "of another schema", "box 0"]
    assert plans_of(one, text).keys() == plans_of(other, text).keys()
    assert plans_of(one, text)[()] is not plans_of(other, text)[()]


@pytest.mark.parametrize("text", [BOXES, "{ boxes { flaky { name } } everythings { where told falls } }"])
async def test_a_kept_plan_holds_nothing_of_a_request(text: str) -> None:
    class Root: ...

    schema = schema_of(Wire)
    context, root = Context(make_world()), Root()
    running = asyncio.all_tasks()
    gone = [weakref.ref(each) for each in (context, context.world, context.world.root.boxes[0], root)]

    encode_result(await schema.execute(text, context_value=context, root_value=root))
    del context, root
    if left := asyncio.all_tasks() - running:  # what was of no use any more
        await asyncio.wait(left)
        del left
    gc.collect()

    assert [reference() for reference in gone] == [None] * 4
    assert plans_of(schema, text)


async def test_steering_variables_choose_between_plans() -> None:
    schema = schema_of(Wire)
    text = "query ($a: Boolean!, $n: Int) { everythings { index text @include(if: $a) repeat(times: $n) } }"

    for given in ({"a": True}, {"a": False}, {"a": True, "n": 1}, {"a": False, "n": 3}):
        data = await execute(schema, text, given)
        assert ("text" in data["everythings"][0]) is given["a"]

    assert set(plans_of(schema, text)) == {(True,), (False,)}  # what an argument is steers nothing


async def test_plans_of_one_document_are_bounded_however_it_is_steered() -> None:
    schema = schema_of(Wire)
    names = [f"v{number}" for number in range(7)]
    fields = " ".join(f"a{name}: title @skip(if: ${name})" for name in names)
    text = f"query ({', '.join(f'${name}: Boolean!' for name in names)}) {{ boxes {{ index {fields} }} }}"

    for number in range(2**7):
        given = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        data = await execute(schema, text, given)
        assert set(data["boxes"][0]) == {"index", *(f"a{name}" for name in names if not given[name])}

    assert len(plans_of(schema, text)) <= MOST_PLANS


async def test_the_plans_of_a_document_take_up_its_room_too() -> None:
    text = "query ($a: Boolean!, $b: Boolean!) { boxes { title @skip(if: $a) index @skip(if: $b) } }"
    roomy, narrow = schema_of(Wire), schema_of(Wire, most_weight=100)

    for a, b in ((True, False), (False, True), (False, False)):
        for schema in (roomy, narrow):
            await execute(schema, text, {"a": a, "b": b})

    document = roomy.documents.get(text, None)
    planned = 3 + 2 + 2  # the object for each plan, each of its fields for two of them
    assert document.weight == document.document.token_count + 2 * planned
    assert roomy.documents.weight == document.weight
    assert narrow.documents.weight <= 100


async def test_executions_of_one_plan_at_the_same_time_do_not_mix() -> None:
    schema = schema_of(Wire)
    text = (
        "query ($n: Int!, $word: String) { firstBoxes(first: $n) { owner { name } parts { keeper { name } } }"
        " everythings { told repeat(times: $n, word: $word) slow } laterBoxes { owner { name } } }"
    )

    async def one(number: int) -> Any:
        context = Context(make_world(), who=f"asker {number}")
        result = await schema.execute(
            text, variable_values={"n": number % 5, "word": f"{number}."}, context_value=context
        )
        return json.loads(encode_result(result))["data"]

    answers = await asyncio.gather(*(one(number) for number in range(100)))

    assert len(plans_of(schema, text)) == 1
    for number, data in enumerate(answers):
        assert len(data["firstBoxes"]) == number % 5
        assert {each["repeat"] for each in data["everythings"]} == {f"{number}." * (number % 5)}
        assert all(each["told"].startswith(f"asker {number} ") for each in data["everythings"])


class Counting(FieldPermission):
    message = "not for you"
    asked = 0

    def may(self, context: Any) -> bool:
        Counting.asked += 1
        return context.who == "ada"


@strawberry.type
class Guarded:
    title: str = strawberry.field(permission_classes=[Counting])
    index: int
    owner: Owner | None = relation(Owner | None, batches.owners_by_id, key="owner_id", description="Whose it is.")

    @strawberry.field(permission_classes=[Counting])
    def note(self) -> str | None:
        return self.title


@strawberry.type(name="Query")
class GuardedQuery:
    @strawberry.field
    def guarded(self, info: strawberry.Info) -> list[Guarded | None]:
        return info.context.world.objects["Box"]  # type: ignore[no-any-return]


class StockGuarded(Unlogged, strawberry.Schema): ...


@pytest.mark.parametrize(("fields", "times"), [("title", 1), ("note", 1), ("title note index", 2), ("index", 0)])
async def test_a_permission_that_does_not_look_at_the_object_is_asked_once_for_a_field(fields: str, times: int) -> None:
    asked = Asked(f"{{ guarded {{ {fields} }} }}", {}, None, ())
    stock, wire = StockGuarded(GuardedQuery), Wire(GuardedQuery)
    expected = await answer(stock, asked)

    Counting.asked = 0
    found = await answer(wire, asked)

    assert Counting.asked == times
    assert found.body == expected.body
    assert not found.errors


async def test_a_permission_that_is_refused_is_refused_for_each_object() -> None:
    asked = Asked("{ guarded { title } }", {}, None, ())
    stock, wire = StockGuarded(GuardedQuery), Wire(GuardedQuery)

    expected, found = await answer(stock, asked, who="bob"), await answer(wire, asked, who="bob")

    assert found.body == expected.body
    assert len(found.errors) == 7


async def test_a_relation_is_one_call_for_each_field_and_level_with_different_keys() -> None:
    asked = Asked(BOXES, {}, None, ())

    found = await answer(schema_of(Wire), asked)

    assert not found.errors
    names = Counter(name for name, _ in found.calls)
    assert names == {"owners_by_id": 3, "boxes_by_owner": 1, "parts_of": 1}
    for _, keys in found.calls:
        assert len(keys) == len(set(keys))
        assert None not in keys


async def test_relations_of_the_members_of_an_interface_are_one_call_for_each_type() -> None:
    asked = Asked("{ allNamed { boss { name } pals { boss { name } } } }", {}, None, ())

    found = await answer(schema_of(Wire), asked)

    assert not found.errors
    assert sorted(name for name, _ in found.calls) == ["owners_by_id"] * len(found.calls)
    assert len(found.calls) <= 3 + 3 * 3  # as many types as have objects, within those of the level above


async def test_without_keys_nothing_is_loaded() -> None:
    found = await answer(schema_of(Wire), Asked("{ firstBoxes(first: 0) { owner { name } } }", {}, None, ()))

    assert found.calls == []
    assert not found.errors
