"""What a row of the access table says, and how its arguments are written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

EVERYBODY = frozenset({"MEMBER", "COACH", "ADMIN"})
STAFF, ADMINS, MEMBERS = frozenset({"COACH", "ADMIN"}), frozenset({"ADMIN"}), frozenset({"MEMBER"})
LOGIN = "UNAUTHENTICATED"

Arguments = Callable[[Any], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Row:
    """`stranger` is the code of a refusal, `null`, or the type of the answer; `needs` names any of the permissions
    that open the field, held by the `roles`; `only` those of them that a further rule leaves."""

    stranger: str
    arguments: Arguments
    needs: tuple[str, ...] = ()
    roles: frozenset[str] = EVERYBODY
    only: frozenset[str] = EVERYBODY


def given(**arguments: Any) -> Arguments:
    """Values, or functions of `tests/house/world.py`'s world that find or make them."""

    async def make(world: Any) -> dict[str, Any]:
        made = {}
        for name, value in arguments.items():
            found = value(world) if callable(value) else value
            made[name] = await found if isinstance(found, Awaitable) else found
        return made

    return make


def inputs(**fields: Any) -> Arguments:
    """The same as fields of the argument `input`."""

    async def make(world: Any) -> dict[str, Any]:
        return {"input": await given(**fields)(world)}

    return make


def its(type_name: str) -> Callable[[Any], str]:
    return lambda world: world.ids[type_name]
