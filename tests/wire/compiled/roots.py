"""What can be asked of the world first, what changes it, and how a world is made."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

from app.wire.scalars import SCALARS
from app.wire.schema import WireSchema
from tests.wire.compiled import world as make
from tests.wire.compiled.graph import Being, Box, Circle, Ghost, Grids, Named, Owner, Person, Shape, Square, Stone
from tests.wire.compiled.leaves import Everything, Info, Level, Mix, Never
from tests.wire.compiled.world import Fault, Refused, RobotModel, RootModel, ShapeModel, World


def read(name: str, graphql_type: Any, *, waits: bool = False, **options: Any) -> Any:
    """A root field that answers what the world has under a name, at once or after a while."""

    def resolve(info: Info) -> Any:
        return getattr(info.context.world.root, name)

    async def resolve_later(info: Info) -> Any:
        await asyncio.sleep(0)
        return getattr(info.context.world.root, name)

    resolver = resolve_later if waits else resolve
    return strawberry.field(resolver=resolver, graphql_type=graphql_type, metadata={"reads": name}, **options)


@strawberry.type
class Refusal:
    reason: str


@strawberry.type
class Success:
    box: Box
    index: int


Outcome = Annotated[Success | Refusal, strawberry.union("Outcome")]


class RefusedHandler(strawberry.ExceptionHandler[Refused, Refusal]):
    def handle(self, exception: Refused, *, field: Any, info: Info) -> Refusal | None:
        return None if str(exception) == "declined" else Refusal(reason=str(exception))


def attempt(info: Info, how: str) -> Any:
    if how == "box":
        return Success(box=info.context.world.objects["Box"][0], index=1)
    raise Refused(how) if how != "breaks" else ValueError(how)


@strawberry.type
class Query:
    everything: Everything = read("everything", Everything)
    maybe_everything: Everything | None = read("everything", Everything | None)
    everythings: list[Everything] = read("everythings", list[Everything])
    maybe_everythings: Any = read("everythings", list[Everything | None] | None)
    later_everythings: Any = read("everythings", list[Everything] | None, waits=True)
    many: list[Everything] = read("many", list[Everything])
    box: Box = read("box", Box)
    maybe_box: Box | None = read("box", Box | None)
    boxes: list[Box] = read("boxes", list[Box])
    maybe_boxes: Any = read("boxes", list[Box | None] | None)
    later_boxes: Any = read("boxes", list[Box | None] | None, waits=True)
    guarded_boxes: Any = read("boxes", list[Box] | None, permission_classes=[Never])
    owners: Any = read("owners", list[Owner] | None)
    named: Named | None = read("named", Named | None)
    all_named: Any = read("all_named", list[Named])
    some_named: Any = read("all_named", list[Named | None] | None, waits=True)
    being: Any = read("being", Being | None)
    beings: Any = read("beings", list[Being])
    maybe_beings: Any = read("beings", list[Being | None] | None)
    shapes: Any = read("shapes", list[Shape] | None)
    maybe_shapes: Any = read("shapes", list[Shape | None] | None)
    circle: Circle | None = read("circle", Circle | None)
    square: Square | None = read("square", Square | None)
    grids: Grids | None = read("grids", Grids | None)
    grid_list: Any = read("grid_list", list[Grids | None] | None)
    numbers: Any = read("numbers", list[int] | None)
    levels: Any = read("levels", list[Level])
    version: str = read("version", str)
    maybe_version: str | None = read("version", str | None, waits=True)
    nothing: str | None

    @strawberry.field
    def total(self, a: int, b: int = 2) -> int:
        return a + b

    @strawberry.field
    def echo(self, given: Mix | None = None) -> str | None:
        return given and repr(given)

    @strawberry.field
    def first_boxes(self, info: Info, first: int = 3) -> list[Box]:
        return info.context.world.objects["Box"][:first]  # type: ignore[no-any-return]

    @strawberry.field
    def attempted(self, info: Info, how: str = "box") -> Outcome | None:
        return attempt(info, how)  # type: ignore[no-any-return]

    @strawberry.field
    async def attempted_later(self, info: Info, how: str = "box") -> Outcome:
        await asyncio.sleep(0)
        return attempt(info, how)  # type: ignore[no-any-return]


@strawberry.type
class Mutation:
    @strawberry.mutation
    def note(self, info: Info, word: str = "noted", fails: bool = False) -> Box | None:
        info.context.world.journal.append(word)
        info.context.world.objects["Box"][0].title = "after " + " ".join(info.context.world.journal)
        if fails:
            raise GraphQLError(f"{word} failed", extensions={"code": "FAILED"})
        return info.context.world.objects["Box"][0]  # type: ignore[no-any-return]

    @strawberry.mutation
    async def note_later(self, info: Info, word: str = "later") -> list[Box]:
        await asyncio.sleep(0)
        info.context.world.journal.append(word)
        await asyncio.sleep(0)
        info.context.world.objects["Box"][1].title = "after " + " ".join(info.context.world.journal)
        return info.context.world.objects["Box"][:3]  # type: ignore[no-any-return]

    @strawberry.mutation
    def journal(self, info: Info) -> list[str]:
        return info.context.world.journal  # type: ignore[no-any-return]

    @strawberry.mutation
    async def try_out(self, info: Info, how: str = "box") -> Outcome:
        info.context.world.journal.append(how)
        return attempt(info, how)  # type: ignore[no-any-return]


class Unlogged:
    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        return None


class Stock(Unlogged, strawberry.Schema):
    """Strawberry as it is."""


class Wire(Unlogged, WireSchema):
    """The schema that compiles."""


def schema_of(kind: Any, **options: Any) -> Any:
    return kind(
        Query,
        Mutation,
        types=[Ghost, Person, Circle, Square],
        config=StrawberryConfig(scalar_map=SCALARS),
        exception_handlers=[RefusedHandler()],
        **options,
    )


def make_world(faults: Iterable[Fault] = (), many: int = 0) -> World:
    everythings = [make.everything(index) for index in range(5)]
    boxes, owners, grids = make.boxes(), make.owners(), make.grids()
    people = [
        Person(name=f"person {index}", nick=None, index=index, twin=None, pals=[], age=None, mood=make.Mood.WILD)
        for index in range(2)
    ]
    robots = [
        RobotModel(
            index=index, name=f"robot {index}", nick="bot", twin=people[0], pals=list(people), serial=f"r{index}",
            colour=None if index else make.Colour.GREEN, boss_id=index, keeper_id=2, greeting="no method",
        )
        for index in range(2)
    ]  # fmt: skip
    ghosts = [Ghost(name="ghost", nick="g", index=2, twin=robots[0], pals=[*robots], haunts=boxes[0])]
    people[0].boss_id, people[0].age, people[1].twin, people[1].pals = 1, 30, ghosts[0], [robots[1], people[0]]
    beings = [people[0], robots[0], boxes[0].coin, Stone(index=0, weight=1.5), people[1], boxes[1].coin]
    shapes = [
        ShapeModel(index=index, kind="Square" if index % 2 else "Circle", area=None if index == 2 else 1.0,
                   radius=None if index % 2 else 2.0, side=3.0 if index % 2 else None)
        for index in range(4)
    ]  # fmt: skip
    for name in ("things", "names"):
        items = boxes if name == "things" else [people[0], robots[0], ghosts[0]]
        for way in ("", "_row", "_item", "_both"):
            rows = getattr(grids, f"numbers{way}")
            setattr(grids, name + way, [row and [cell and items[cell - 1] for cell in row] for row in rows])
    for way in ("", "_row", "_item", "_both"):
        rows = getattr(grids, f"numbers{way}")
        setattr(grids, f"words{way}", [row and [cell and f"word {cell}" for cell in row] for row in rows])
    root = RootModel(
        everything=everythings[0], everythings=list(everythings), many=[everythings[n % 5] for n in range(many)],
        box=boxes[0], boxes=list(boxes), owners=list(owners), named=people[0], all_named=[*people, *robots, *ghosts],
        being=robots[1], beings=beings, shapes=list(shapes), circle=shapes[0], square=shapes[1], grids=grids,
        grid_list=[grids, None], numbers=[1, 2, 3], levels=[make.Level.LOW, make.Level.HIGH], version="1", nothing=None,
    )  # fmt: skip
    world = World(
        root,
        {
            "Query": [root], "Everything": everythings, "Box": boxes, "Owner": owners, "Person": people,
            "Robot": robots, "Ghost": ghosts, "Stone": [beings[3]], "Circle": shapes[::2], "Square": shapes[1::2],
            "Grids": [grids],
        },
    )  # fmt: skip
    for fault in faults:
        world.spoil(fault)
    return world
