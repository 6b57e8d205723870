"""Relay's conventions: opaque global ids, the Node interface, connections over pages."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import strawberry

from app.wire.global_ids import global_id_of

Item = TypeVar("Item")

_KEY = re.compile(r"[A-Za-z]{1,40}:[ -~]{1,120}")


class InvalidId(ValueError):
    """An id that is not of the kind that the argument asks for; `field` is the argument's name as clients write it."""

    def __init__(self, field: str, wanted: str) -> None:
        super().__init__(f"{field}: this is not the id of a {wanted}")
        self.extensions = {"code": "BAD_USER_INPUT", "status": 400, "field": field}
        self.field = field


def global_id(type_name: str, key: object) -> strawberry.ID:
    return strawberry.ID(global_id_of(type_name, key))


def parse_global_id(value: str, field: str = "id") -> tuple[str, str]:
    """The type's name and the key; raises `InvalidId`."""
    try:
        plain = urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii")
    except ValueError:
        raise InvalidId(field, "node") from None
    type_name, _, key = plain.partition(":")
    if not _KEY.fullmatch(plain) or global_id_of(type_name, key) != value:
        raise InvalidId(field, "node")
    return type_name, key


def parse_uuid(key: str) -> UUID:
    """A UUID in its one canonical spelling, so that a thing has one id; raises `ValueError`."""
    value = UUID(key)
    if str(value) != key:
        raise ValueError("not the canonical spelling")
    return value


def parse_key(value: str, type_name: str, field: str) -> UUID:
    """The UUID in a global id of one type; raises `InvalidId`."""
    found, key = parse_global_id(value, field)
    try:
        if found == type_name:
            return parse_uuid(key)
    except ValueError:
        pass
    raise InvalidId(field, type_name)


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque and the same for ever; unique among all types.")


def given_key(value: str | None, type_name: str, field: str) -> UUID | None:
    """The same where an id may be left out; an empty one is not left out."""
    return parse_key(value, type_name, field) if isinstance(value, str) else None


def node_id(type_name: str) -> Any:
    """The `id` field of a type whose model has a UUID `id`."""

    def resolve(root: strawberry.Parent[Any]) -> strawberry.ID:
        return global_id(type_name, root.id)

    return strawberry.field(resolver=resolve, description="Opaque and the same for ever; unique among all types.")


class SomePage(Protocol):
    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def cursors(self) -> Sequence[str]: ...
    @property
    def has_next(self) -> bool: ...
    @property
    def has_previous(self) -> bool: ...


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="There is more behind this page.")
    has_previous_page: bool = strawberry.field(description="This page does not begin at the list's beginning.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row of this page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row: `after` for the next page.")


@strawberry.type(description="One row of a list.")
class Edge(Generic[Item]):
    node: Item = strawberry.field(description="The row itself.")
    cursor: str = strawberry.field(description="Where the row stands: opaque, good as `after`.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = strawberry.field(description="The rows with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")


def connection(page: SomePage) -> "Connection[Any]":
    """The connection that shows a page."""
    return Connection(
        edges=[Edge(node=row, cursor=cursor) for row, cursor in zip(page.rows, page.cursors, strict=True)],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
    )
