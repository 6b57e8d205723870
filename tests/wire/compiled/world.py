"""What the graph shows: a small world made anew for each execution, and the ways to make parts of it wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from graphql import GraphQLError, Undefined


class Colour(Enum):
    RED = "RED"
    GREEN = "GREEN"


class Mood(Enum):
    CALM = "calm"
    WILD = "wild"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Tone(str, Enum):  # noqa: UP042  a text that is an enumeration's member too
    SOFT = "SOFT"
    LOUD = "loud"


class Faulty:
    """Mixed in: an attribute can be made to raise when it is read, as a property does."""

    def __getattr__(self, name: str) -> Any:
        if raised := self.__dict__.get("_raised", {}).get(name):
            raise raised
        raise AttributeError(f"{type(self).__name__} has no {name}")


class Model(Faulty):
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class EverythingModel(Model): ...


class BoxModel(Model): ...


class OwnerModel(Model): ...


class RobotModel(Model): ...


class ShapeModel(Model): ...


class GridsModel(Model): ...


class RootModel(Model): ...


class CoinModel(NamedTuple):
    index: int
    worth: int | None
    side: str


@dataclass(frozen=True, slots=True)
class SpotModel:
    index: int
    x: float
    y: float | None


BERLIN, NEPAL = ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=5, minutes=45))

# Each leaf's values in turn: the first object has the first, and so on round.
LEAF_VALUES: dict[str, Sequence[Any]] = {
    "text": ["plain", "", 'quo"ted \\ \n\t\u2028 é 漢 🙂', "</script>\x7f\x00"],
    "whole": [0, -1, 2**31 - 1, -(2**31)],
    "real": [1.5, 0.0, -0.0, 1e300],
    "flag": [True, False, True, False],
    "ident": ["a", "", "17", "ü"],
    "moment": [
        datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
        datetime(2026, 7, 1, 12, 30, 5, 250, tzinfo=BERLIN),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=NEPAL),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
    ],
    "day": [date(2026, 11, 21), date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29)],
    "clock": [time(9, 30), time(0, 0), time(23, 59, 59), time(7, 0, 1)],
    "zone": ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"],
    "amount": [Decimal("12.50"), Decimal("1E+3"), Decimal("-0.000001"), Decimal("0E-7")],
    "link": ["https://example.com/a?b=c", "http://[::1]:8080/", "https://example.com", "https://a.b/%20"],
    "mail": ["ada@example.com", "Bob@Example.COM", "c+d@example.org", "e@f"],
    "key": [UUID(int=1), UUID(int=2**127), UUID("0190a0b0-0000-7000-8000-00000000000a"), UUID(int=0)],
    "colour": [Colour.RED, Colour.GREEN, Colour.RED, Colour.GREEN],
    "mood": [Mood.CALM, Mood.WILD, Mood.WILD, Mood.CALM],
    "level": [Level.LOW, Level.HIGH, Level.LOW, Level.HIGH],
    "tone": [Tone.SOFT, Tone.LOUD, Tone.SOFT, Tone.LOUD],
}


def everything(index: int) -> EverythingModel:
    values = {name: variants[index % 4] for name, variants in LEAF_VALUES.items()}
    given = {
        f"maybe_{name}": value if (index + place) % 3 else None for place, (name, value) in enumerate(values.items())
    }
    kept = {"even": "even", "even_number": index, "never": "never", "known": None if index == 2 else "known"}
    lists = {"words": ["a", "b"], "maybe_words": [None, "c"], "moods": [Mood.WILD, Mood.CALM]}
    return EverythingModel(index=index, **values, **given, **kept, **lists)


def boxes() -> list[BoxModel]:
    made = [
        BoxModel(
            index=index,
            title=f"box {index}",
            note=None if index % 2 else "noted",
            owner_id=[1, 2, None, 1, 3][index % 5],
            keeper_id=1 + index % 3,
            spot=SpotModel(index, index / 2, None if index % 2 else 2.5),
            coin=CoinModel(index, None if index % 3 else index, "heads"),
        )
        for index in range(7)
    ]
    for box in made:
        box.inner, box.maybe_inner = made[(box.index + 1) % 7], None if box.index % 3 else made[(box.index + 2) % 7]
        box.inners, box.maybe_inners = [made[box.index - 1], made[box.index - 2]], [None, made[0]]
    return made


def owners() -> list[OwnerModel]:
    return [
        OwnerModel(
            index=index,
            number=index,
            name=f"owner {index}",
            secret="hidden",
            chief_id=[None, 1, 1, 2][index],
            mascot_id=index,
        )
        for index in range(4)
    ]


def grids() -> GridsModel:
    numbers = [[1, 2], [], [3]]
    holes = [[1, None], None, [None]]
    values: dict[str, Any] = {}
    for kind in ("numbers", "words", "things", "names"):
        for outer in ("", "_row", "_item", "_both"):
            rows: list[Any] = holes if outer == "_both" else numbers
            rows = [[1, None], [2]] if outer == "_item" else [[1], None] if outer == "_row" else rows
            values[f"{kind}{outer}"] = rows
    return GridsModel(index=0, **values)


class Refused(Exception):
    """A problem that a handler makes a member of a union of."""


def _iterator(old: Any) -> Any:
    return (value for value in old) if isinstance(old, list | tuple) else iter([old])


def _stumbling(old: Any) -> Any:
    def stumbling() -> Any:
        yield from list(old)[:2] if isinstance(old, list) else [old]
        raise ValueError("the rows ended early")

    return stumbling()


class Later:
    """Awaitable, and nothing is lost if nobody waits for it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<later>"

    def __await__(self) -> Any:
        yield from ()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Texty(str):
    __slots__ = ()


class Inty(int):
    __slots__ = ()


class Opaque:
    def __repr__(self) -> str:
        return "<opaque>"

    __str__ = __repr__


def _spoilt(old: Any, place: int, value: Any) -> Any:
    """A list with one wrong member."""
    return [*old[:place], value, *old[place + 1 :]] if isinstance(old, list) else value


# What can be put in a value's place. Each is made anew, for some can be used up.
WRONG: dict[str, Callable[[Any], Any]] = {
    "none": lambda old: None,
    "text": lambda old: "wrong",
    "digits": lambda old: "12",
    "empty text": lambda old: "",
    "text of a subclass": lambda old: Texty("sub"),
    "number": lambda old: 7,
    "number of a subclass": lambda old: Inty(7),
    "huge": lambda old: 2**40,
    "just too large": lambda old: 2**31,
    "beyond floats": lambda old: 10**400,
    "nan": lambda old: float("nan"),
    "infinite": lambda old: float("inf"),
    "whole float": lambda old: 3.0,
    "float": lambda old: 3.25,
    "true": lambda old: True,
    "false": lambda old: False,
    "bytes": lambda old: b"bytes",
    "object": lambda old: Opaque(),
    "class": lambda old: Opaque,
    "exception": lambda old: ValueError("a value that is an exception"),
    "coded exception": lambda old: GraphQLError("coded", extensions={"code": "ODD", "n": 1}),
    "exception class": lambda old: ValueError,
    "later": Later,
    "later none": lambda old: Later(None),
    "later fails": lambda old: Later(KeyError("too late")),
    "generator": _iterator,
    "stumbling generator": _stumbling,
    "tuple": lambda old: tuple(old) if isinstance(old, list) else (old,),
    "set": lambda old: {1},
    "dict": lambda old: {"a": old},
    "dict values": lambda old: dict(enumerate(old if isinstance(old, list) else [old])).values(),
    "list": lambda old: [old],
    "empty list": lambda old: [],
    "none in the list": lambda old: _spoilt(old, 1, None),
    "exception in the list": lambda old: _spoilt(old, 1, ValueError("in the list")),
    "object in the list": lambda old: _spoilt(old, 0, Opaque()),
    "later in the list": lambda old: _spoilt(old, 0, Later(None)),
    "enum": lambda old: Mood.WILD,
    "other enum": lambda old: Level.LOW,
    "text enum": lambda old: Tone.LOUD,
    "value of enum": lambda old: "wild",
    "name of enum": lambda old: "WILD",
    "decimal": lambda old: Decimal("1E+50"),
    "plain decimal": lambda old: Decimal(3),
    "not a number": lambda old: Decimal("NaN"),
    "naive": lambda old: datetime(2026, 1, 1),  # noqa: DTZ001
    "moment": lambda old: datetime(2026, 1, 1, tzinfo=NEPAL),
    "far moment": lambda old: datetime(1, 1, 1, tzinfo=NEPAL),
    "aware clock": lambda old: time(1, tzinfo=UTC),
    "precise clock": lambda old: time(1, 2, 3, 4),
    "day": lambda old: date(2020, 1, 1),
    "uuid": lambda old: UUID(int=5),
    "half a character": lambda old: "\ud800",
    "undefined": lambda old: Undefined,
}


@dataclass(frozen=True)
class Fault:
    """A value that is wrong: an attribute of the object at `place` among those of its type, round if there are few."""

    type_name: str
    attribute: str
    kind: str
    place: int = 0


@dataclass
class World:
    root: RootModel
    objects: dict[str, list[Any]]
    journal: list[str] = field(default_factory=list)
    batch_faults: dict[str, str] = field(default_factory=dict)

    def spoil(self, fault: Fault) -> None:
        found = self.objects.get(fault.type_name)
        if not found:
            return
        target = found[fault.place % len(found)]
        values = getattr(target, "__dict__", None)  # not those with slots, and no tuple
        if values is None or fault.attribute not in values:
            return
        if fault.kind == "raises":
            del values[fault.attribute]
            values.setdefault("_raised", {})[fault.attribute] = RuntimeError(f"no {fault.attribute} today")
        elif fault.kind == "missing":
            del values[fault.attribute]
        else:
            values[fault.attribute] = WRONG[fault.kind](values[fault.attribute])


KINDS = [*WRONG, "raises", "missing"]
