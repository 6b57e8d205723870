"""Leaves of every kind, nullable and not, read and computed; the inputs and the permissions for it."""

from datetime import datetime
from typing import Any, Optional
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.permission import BasePermission

from app.wire.scalars import URL, Date, DateTime, Decimal, EmailAddress, LocalTime, TimeZone
from tests.wire.compiled import world

Info = strawberry.Info
Parent = strawberry.Parent[Any]

Colour = strawberry.enum(world.Colour)
Mood = strawberry.enum(world.Mood, name="Temper")
Level = strawberry.enum(world.Level)
Tone = strawberry.enum(world.Tone)

LEAVES: dict[str, Any] = {
    "text": str,
    "whole": int,
    "real": float,
    "flag": bool,
    "ident": strawberry.ID,
    "moment": DateTime,
    "day": Date,
    "clock": LocalTime,
    "zone": TimeZone,
    "amount": Decimal,
    "link": URL,
    "mail": EmailAddress,
    "key": UUID,
    "colour": Colour,
    "mood": Mood,
    "level": Level,
    "tone": Tone,
}


class Even(BasePermission):
    """Depends on the object."""

    message = "not this one"
    error_extensions = {"code": "ODD"}

    def has_permission(self, source: Any, info: Info, **given: Any) -> bool:
        return source.index % 2 == 0


class Known(BasePermission):
    """Depends on who asks, and has to wait to know."""

    message = "unknown"

    async def has_permission(self, source: Any, info: Info, **given: Any) -> bool:
        return info.context.who is not None


class Never(BasePermission):
    message = "never"

    def has_permission(self, source: Any, info: Info, **given: Any) -> bool:
        return False


@strawberry.input
class Mix:
    word: str
    number: int = 3
    colour: Colour | None = Colour.GREEN  # type: ignore[valid-type]
    maybe: str | None = strawberry.UNSET
    at: DateTime | None = None
    price: Decimal | None = None
    moods: list[Mood] = strawberry.field(default_factory=list)  # type: ignore[valid-type]
    nested: Optional["Mix"] = None


@strawberry.input(one_of=True)
class Pick:
    word: str | None = strawberry.UNSET
    number: int | None = strawberry.UNSET


@strawberry.type
class Everything:
    __annotations__ = {
        "index": int,
        **LEAVES,
        **{f"maybe_{name}": kind | None for name, kind in LEAVES.items()},
        "words": list[str],
        "maybe_words": list[str | None] | None,
        "moods": list[Mood],
        "even": str | None,
        "even_number": int,
        "never": str | None,
        "known": str | None,
    }
    even = strawberry.field(name="evenText", permission_classes=[Even])
    even_number = strawberry.field(permission_classes=[Even])
    never = strawberry.field(permission_classes=[Never])
    known = strawberry.field(permission_classes=[Even, Known])

    @strawberry.field
    def shout(self) -> str:
        return f"{self.text}!"  # type: ignore[attr-defined]

    @strawberry.field
    def label(root: Parent) -> str | None:
        return root.maybe_text and f"<{root.maybe_text}>"

    @strawberry.field
    def where(self, info: Info) -> str:
        return f"{info.path.as_list()} {info.path.typename} {info.python_name} {info.field_name}"

    @strawberry.field
    def asked(self, info: Info) -> str:
        return str([(field.name, field.alias, field.directives, field.arguments) for field in info.selected_fields])

    @strawberry.field
    def told(self, info: Info) -> str:
        operation = info.operation.name and info.operation.name.value
        return f"{info.context.who} {sorted(info.variable_values)} {operation} {info.return_type} {info.root_value}"

    @strawberry.field
    def repeat(self, root: Parent, times: int = 2, word: str | None = None) -> str:
        return (word or root.text) * times

    @strawberry.field
    def unset(self, word: str | None = strawberry.UNSET) -> str:
        return "left out" if word is strawberry.UNSET else repr(word)

    @strawberry.field
    def mix(self, given: Mix) -> str:
        return repr(given)

    @strawberry.field
    def mixes(self, given: list[Mix] | None = None, pick: Pick | None = None) -> list[str]:
        return [repr(mix) for mix in given or []] + [repr(pick)]

    @strawberry.field
    def paint(self, colour: Colour = Colour.RED, moods: list[Mood] | None = None) -> Colour:  # type: ignore[valid-type]
        return colour if not moods else Colour.GREEN

    @strawberry.field
    def given(
        self,
        at: DateTime | None = None,
        on: Date | None = None,
        clock: LocalTime | None = None,
        zone: TimeZone = TimeZone("UTC"),
        price: Decimal | None = None,
        key: UUID | None = None,
        ident: strawberry.ID | None = None,
        real: float = 1.5,
    ) -> str:
        return repr((at, on, clock, zone, price, key, ident, real))

    @strawberry.field
    def at(self) -> datetime | None:
        return self.moment if self.index != 2 else None  # type: ignore[attr-defined]

    @strawberry.field
    def trips(self, at: int = 3) -> int | None:
        if self.index == at:  # type: ignore[attr-defined]
            raise ValueError(f"tripped at {at}")
        return at

    @strawberry.field
    def falls(self, at: int = 3) -> int:
        if self.index == at:  # type: ignore[attr-defined]
            raise GraphQLError("fell", extensions={"code": "FELL", "at": at})
        return at

    @strawberry.field
    async def slow(self, at: int = 9) -> str | None:
        if self.index == at:  # type: ignore[attr-defined]
            raise ValueError("slow and wrong")
        return self.maybe_text  # type: ignore[attr-defined]

    @strawberry.field
    def other(self, info: Info, step: int = 1) -> Optional["Everything"]:
        found = info.context.world.objects["Everything"]
        return found[(self.index + step) % len(found)] if self.index != 4 else None  # type: ignore[attr-defined]

    @strawberry.field
    def others(self, info: Info, most: int = 2) -> list["Everything"]:
        return info.context.world.objects["Everything"][:most]  # type: ignore[no-any-return]

    @strawberry.field(permission_classes=[Even])
    def even_others(self, info: Info) -> list["Everything"] | None:
        return info.context.world.objects["Everything"][:2]  # type: ignore[no-any-return]

    @strawberry.field
    async def later(self, info: Info) -> list["Everything"]:
        return info.context.world.objects["Everything"][:2]  # type: ignore[no-any-return]
