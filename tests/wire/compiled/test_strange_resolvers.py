"""Schemas that few would write: each is answered the same both ways."""

import enum
import gc
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.wire.compiled.coverage import ways
from app.wire.compiled.plans import MOST_FIELDS
from tests.wire.compiled.answering import answer
from tests.wire.compiled.documents import Asked
from tests.wire.compiled.roots import Stock, Wire, schema_of

Info = strawberry.Info
Item = TypeVar("Item")


class Row:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class Texty(str):
    __slots__ = ()


class Once:
    """Has a property that answers something else each time."""

    def __init__(self) -> None:
        self.times = 0

    @property
    def number(self) -> int:
        self.times += 1
        return self.times


class Countable:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, place: int) -> int:
        return [1, 2][place]


class OtherList(list[int]):
    def __iter__(self) -> Any:
        return iter([7])


async def soon(value: Any) -> Any:
    return value


def query(graphql_type: Any, value: Callable[[], Any]) -> Any:
    """A query whose only field `found` answers the value."""

    @strawberry.type(name="Query")
    class Found:
        found: Any = strawberry.field(resolver=lambda: value(), graphql_type=graphql_type)

    return Found


async def assert_same(query_type: Any, text: str, *, fails: bool = False, **options: Any) -> None:
    asked = Asked(text, {}, None, ())
    stock, wire = Stock(query_type, **options), Wire(query_type, **options)

    for _ in range(2):  # the second time by a plan that is kept
        expected, found = await answer(stock, asked), await answer(wire, asked)
        assert found.body == expected.body
        assert bool(expected.errors) is fails
    gc.collect()  # a coroutine that nobody awaited would be told of here


@strawberry.type
class Placed:
    number: int

    @strawberry.field
    def place(self, info: Info) -> str:
        try:
            return str(info.path.as_list())
        except Exception:
            return "nowhere"

    @strawberry.field
    async def place_later(self, info: Info) -> str:
        try:
            return str(info.path.as_list())
        except Exception:
            return "nowhere"

    @strawberry.field
    def place_in(self, info: Info, town: str = "Ghent") -> str:
        try:
            return f"{town} {info.path.as_list()}"
        except Exception:
            return "nowhere"


@pytest.mark.parametrize("field", ["place", "placeLater", "placeIn", "number place placeLater"])
async def test_a_resolver_that_would_swallow_any_exception_still_gets_its_path(field: str) -> None:
    await assert_same(query(list[Placed], lambda: [Placed(number=1), Placed(number=2)]), f"{{ found {{ {field} }} }}")


@strawberry.type
class Bad:
    why: str


@strawberry.type
class Good:
    where: str


class AnyException(strawberry.ExceptionHandler[Exception, Bad]):
    def handle(self, exception: Exception, *, field: Any, info: Info) -> Bad:
        return Bad(why=repr(exception))


@strawberry.type
class Handled:
    number: int

    @strawberry.field
    def outcome(self, info: Info) -> Annotated[Good | Bad, strawberry.union("GoodOrBad")]:
        if self.number == 2:
            raise ValueError("two")
        return Good(where=str(info.path.as_list()))


async def test_a_handler_of_any_exception_below_the_root_sees_only_what_was_raised_for_it() -> None:
    rows = [Handled(number=1), Handled(number=2)]
    text = "{ found { outcome { ... on Good { where } ... on Bad { why } } } }"

    await assert_same(query(list[Handled], lambda: rows), text, exception_handlers=[AnyException()])


@strawberry.enum
class May(enum.Flag):
    READ = 1
    WRITE = 2


@strawberry.type
class Allowed:
    may: May | None


async def test_flags_that_are_combined_are_no_value_of_their_enumeration() -> None:
    rows = [Row(may=May.READ), Row(may=May.READ | May.WRITE), Row(may=None)]

    await assert_same(query(list[Allowed], lambda: rows), "{ found { may } }", fails=True)
    await assert_same(query(list[Allowed], lambda: rows[::2]), "{ found { may } }")


@strawberry.type
class Late:
    number: int

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> Any:
        return soon(value.number != 3)


@pytest.mark.parametrize(("numbers", "fails"), [([1, 2], False), ([1, 3], True)])
async def test_a_plain_function_may_find_the_type_later(numbers: list[int], fails: bool) -> None:
    await assert_same(
        query(list[Late], lambda: [Row(number=each) for each in numbers]), "{ found { number } }", fails=fails
    )


@strawberry.type
class Text:
    text: str
    number: int | None = None

    @strawberry.field
    def again(self) -> str:
        return self.text

    @strawberry.field
    def repeated(self, times: int = 1) -> str:
        return self.text


@pytest.mark.parametrize("field", ["text", "again", "repeated", "number"])
async def test_a_coroutine_kept_in_an_attribute_is_awaited(field: str) -> None:
    def rows() -> list[Row]:
        kept = soon("said") if field != "number" else soon(7)
        return [Row(text=kept, number=kept), Row(text="x", number=None)]

    await assert_same(query(list[Text | None], rows), f"{{ found {{ {field} }} }}")


async def test_texts_of_a_class_of_their_own_are_texts() -> None:
    await assert_same(query(list[Text], lambda: [Row(text=Texty("sub"), number=True)]), "{ found { text number } }")


async def test_a_property_is_read_once_if_nothing_fails() -> None:
    await assert_same(query(list[Placed], lambda: [Once(), Once()]), "{ found { number } }")


@pytest.mark.parametrize(
    ("value", "fails"),
    [
        (lambda: range(3), False),
        (lambda: (number for number in (1, 2)), False),
        (lambda: map(int, "12"), False),
        (lambda: {1: "a", 2: "b"}, False),
        (lambda: bytearray(b"ab"), False),
        (lambda: OtherList([1, 2]), False),
        (Countable, False),
        (lambda: "12", True),
        (lambda: 12, True),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
async def test_whatever_can_be_gone_through_is_a_list(value: Callable[[], Any], fails: bool, inside: bool) -> None:
    found = query(list[list[int]], lambda: [[0], value()]) if inside else query(list[int], value)
    expected = await answer(Stock(found), Asked("{ found }", {}, None, ()))

    await assert_same(found, "{ found }", fails=bool(expected.errors))

    assert bool(expected.errors) is fails or isinstance(value(), dict | bytearray | Countable)


@strawberry.interface
class Animal:
    number: int


@strawberry.type
class Cat(Animal):
    lives: int


@strawberry.type
class Dog(Animal):
    bark: str


@pytest.mark.parametrize("kind", [Animal, Annotated[Cat | Dog, strawberry.union("CatOrDog")]])
async def test_an_object_cast_to_a_type_is_of_it(kind: Any) -> None:
    def animals() -> list[Any]:
        return [strawberry.cast(Cat, Row(number=1, lives=7)), strawberry.cast(Dog, Row(number=2, bark="wau"))]

    text = "{ found { __typename ... on Cat { number lives } ... on Dog { bark } } }"
    await assert_same(query(list[kind], animals), text, types=[Cat, Dog])


@strawberry.type
class Boxed(Generic[Item]):
    item: Item


async def test_generic_types() -> None:
    await assert_same(query(list[Boxed[int]], lambda: [Boxed(item=1), Boxed(item=2)]), "{ found { item } }")
    await assert_same(query(Boxed[Text], lambda: Boxed(item=Text(text="a"))), "{ found { item { text again } } }")


async def test_another_way_to_read_plain_fields() -> None:
    config = StrawberryConfig(default_resolver=lambda source, name: source[name])

    await assert_same(
        query(list[Text], lambda: [{"text": "a", "number": 1}]), "{ found { text number } }", config=config
    )


async def test_arguments_that_a_resolver_changes_are_its_own() -> None:
    @strawberry.type
    class Changing:
        @strawberry.field
        def changed(self, numbers: list[int], more: list[int] = [1]) -> list[int]:  # noqa: B006
            numbers.append(len(numbers))
            return numbers + more

    await assert_same(query(list[Changing], lambda: [Changing(), Changing()]), "{ found { changed(numbers: [5]) } }")


DOUBLING = " ".join(
    f"fragment F{number} on Box {{ a: maybeInner {{ ...F{number + 1} }} b: maybeInner {{ ...F{number + 1} }} }}"
    for number in range(12)
)


@pytest.mark.parametrize(
    "text",
    [
        "{ named " + "{ twin " * 8 + "{ name }" + " }" * 9,  # three types at each of nine levels
        f"{{ maybeBox {{ ...F0 }} }} {DOUBLING} fragment F12 on Box {{ title }}",
    ],
)
async def test_a_small_document_has_no_large_plan(text: str) -> None:
    plans: list[Any] = []
    asked, wire = Asked(text, {}, None, ()), schema_of(Wire)
    wire.executed = lambda prepared, run, plan: plans.append(plan)

    found = await answer(wire, asked)

    assert found.body == (await answer(schema_of(Stock), asked)).body
    assert all(plan is None or sum(1 for _ in ways(plan)) <= MOST_FIELDS for plan in plans)
