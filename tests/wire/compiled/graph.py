"""Types that have one of everything: over foreign models and over classes of their own, with relations between."""

from typing import Annotated, Any, Optional

import strawberry

from app.wire.relations import relation
from tests.wire.compiled import batches
from tests.wire.compiled.leaves import Colour, Known, Mood, Parent
from tests.wire.compiled.world import CoinModel, Faulty, RobotModel

owner_by = batches.owners_by_id

LazyOwner = Annotated["Owner", strawberry.lazy("tests.wire.compiled.graph")]
LazyBox = Annotated["Box", strawberry.lazy("tests.wire.compiled.graph")]


@strawberry.interface
class Named:
    name: str
    nick: str | None
    index: int
    boss: LazyOwner | None = relation(LazyOwner | None, owner_by, key="boss_id", description="Over it.")
    twin: Optional["Named"]
    pals: list["Named"]

    @strawberry.field
    def greeting(self, root: Parent, loud: bool = False) -> str:
        return f"hello {root.name}{'!' if loud else ''}"


@strawberry.type
class Person(Faulty, Named):
    age: int | None
    mood: Mood
    boss_id: strawberry.Private[Any] = None

    @strawberry.field
    def initial(self) -> str:
        return self.name[0]

    @strawberry.field
    async def older(self, years: int = 1) -> int | None:
        return None if self.age is None else self.age + years


@strawberry.type
class Ghost(Faulty, Named):
    haunts: Optional["Box"]
    boss_id: strawberry.Private[Any] = None


@strawberry.type
class Robot(Named):
    serial: str
    colour: Colour | None
    keeper: LazyOwner | None = relation(LazyOwner | None, owner_by, key="keeper_id", description="Who keeps it.")

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, RobotModel)


@strawberry.type
class Coin:
    """Over a tuple with names."""

    index: int
    worth: int | None
    side: str

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, CoinModel)

    @strawberry.field
    def doubled(self) -> int | None:
        return self.worth and self.worth * 2


@strawberry.type
class Stone(Faulty):
    """Only its own class shows what it is."""

    index: int
    weight: float


Being = Annotated[Person | Robot | Coin | Stone, strawberry.union("Being")]


@strawberry.interface
class Shape:
    area: float | None
    index: int

    @classmethod
    def resolve_type(cls, value: Any, info: Any, kind: Any) -> Any:
        return value.kind


@strawberry.type
class Circle(Shape):
    radius: float

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return value.radius is not None


@strawberry.type
class Square(Shape):
    side: float

    @classmethod
    async def is_type_of(cls, value: Any, info: Any) -> bool:
        return value.side is not None


@strawberry.type
class Spot:
    """Over a frozen dataclass with slots."""

    index: int
    x: float
    y: float | None


def shown_to(context: Any, parent: Any) -> bool:
    return context.who == "ada" and parent.index != 1


@strawberry.type
class Owner:
    index: int
    name: str
    secret: str | None = strawberry.field(permission_classes=[Known])
    chief: LazyOwner | None = relation(LazyOwner | None, owner_by, key="chief_id", description="Over the owner.")
    boxes: list[LazyBox] = relation(list[LazyBox], batches.boxes_by_owner, key="index", description="What it owns.")
    mascot: Named | None = relation(Named | None, batches.named_by_id, key="mascot_id", description="Its animal.")
    visitors: list[Being] = relation(list[Being], batches.visitors_of, key="index", description="Who comes.")


@strawberry.type
class Box:
    index: int
    title: str
    note: str | None
    spot: Spot
    coin: Coin | None
    inner: "Box"
    maybe_inner: Optional["Box"]
    inners: list["Box"]
    maybe_inners: list[Optional["Box"]] | None
    owner: Owner | None = relation(Owner | None, owner_by, key="owner_id", description="May be none.")
    keeper: Owner = relation(Owner, owner_by, key="keeper_id", description="There is always one.")
    hidden: Owner | None = relation(
        Owner | None, owner_by, key="keeper_id", description="Not for all.", shown_to=shown_to
    )
    parts: list[LazyBox] = relation(list[LazyBox], batches.parts_of, key="index", description="Inside.")
    maybe_parts: list[Optional["Box"]] | None = relation(
        list[LazyBox | None] | None, batches.some_parts_of, key="index", description="Some of them missing."
    )
    weight: int | None = relation(int | None, batches.weight_of, key="index", description="A plain value.")
    flaky: Owner | None = relation(Owner | None, batches.flaky, key="index", description="Fails for some.")
    flaky_keeper: Owner = relation(Owner, batches.flaky, key="index", description="Fails for some, and must not.")
    broken: Owner | None = relation(Owner | None, batches.broken, key="index", description="Always fails.")
    short: Owner | None = relation(Owner | None, batches.short, key="index", description="Answers too few.")


def in_every_way(name: str, kind: Any) -> dict[str, Any]:
    return {
        name: list[list[kind]],
        f"{name}_row": list[list[kind] | None],
        f"{name}_item": list[list[kind | None]],
        f"{name}_both": list[list[kind | None] | None] | None,
    }


@strawberry.type
class Grids:
    """Lists of lists in every way of being null."""

    __annotations__ = {
        "index": int,
        **in_every_way("numbers", int),
        **in_every_way("words", str),
        **in_every_way("things", Box),
        **in_every_way("names", Named),
    }
