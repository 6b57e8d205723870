"""Pages by key, not by offset: the thousandth page costs what the first does, and nothing is seen twice."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sqlakeyset import Marker, serialize_bookmark, unserialize_bookmark
from sqlakeyset.asyncio import select_page
from sqlalchemy import Select, inspect, select, tuple_, union
from sqlmodel.ext.asyncio.session import AsyncSession

Row = TypeVar("Row")

_LONGEST = 400


class InvalidCursor(ValueError):
    """A cursor that this server did not give out for this list."""

    extensions: ClassVar = {"code": "BAD_USER_INPUT", "status": 400, "field": "after"}

    def __init__(self) -> None:
        super().__init__("after: this is not a cursor of this list")


@dataclass(frozen=True, slots=True)
class PageRequest:
    first: int
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool


async def read_page(db: AsyncSession, statement: Select[Any], page: PageRequest) -> "Page[Any]":
    """The first rows of an ordered select of one entity, behind the cursor; raises `InvalidCursor`."""
    after = None if page.after is None else _place(statement, page.after)
    found = await select_page(db, statement, per_page=page.first, page=after)
    marked = list(found.paging.bookmark_items())  # type: ignore[no-untyped-call]
    return Page(
        rows=[row[0] for _, row in marked],
        cursors=[_sealed(bookmark) for bookmark, _ in marked],
        has_next=found.paging.has_next,
        has_previous=page.after is not None,
    )


async def read_merged_page(
    db: AsyncSession, entity: type[Row], parts: Sequence[Select[Any]], page: PageRequest
) -> "Page[Row]":
    """The same of rows with an `id` that one or more of several selects find, all in the same ascending order.

    Each is read in its order and no further than the page goes, where one select with OR reads and sorts all it finds.
    """
    key = inspect(entity).mapper.columns["id"]
    order = parts[0]._order_by_clauses
    after = None if page.after is None else _place(parts[0], page.after)
    if after is not None and after.place:
        parts = [part.where(tuple_(*order) > tuple_(*after.place)) for part in parts]
    nearest = [part.with_only_columns(key).limit(page.first + 1).subquery() for part in parts]
    found = union(*(select(part.c.id) for part in nearest))
    return await read_page(db, select(entity).where(key.in_(found)).order_by(*order), page)


def _place(statement: Select[Any], cursor: str) -> Marker:
    """Where a cursor points; it must be of our making: forward, and of the list's kinds of value."""
    try:
        plain = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode() if len(cursor) <= _LONGEST else ""
        marker = unserialize_bookmark(plain)
    except Exception:  # the bookmark's parser trips over forged ones in more ways than its own errors
        raise InvalidCursor from None
    kinds = [_kind(column) for column in statement._order_by_clauses]
    place = marker.place or ()
    is_ours = [type(value) for value in place] == kinds and not marker.backwards and _sealed(plain) == cursor
    if not is_ours or serialize_bookmark(marker) != plain:
        raise InvalidCursor
    return marker


def _kind(column: Any) -> type:
    """Of a column in descending order only the column itself says it, of a decorated type only what it decorates."""
    kind = getattr(column, "element", column).type
    found: type = getattr(kind, "impl_instance", kind).python_type
    return found


def _sealed(bookmark: str) -> str:
    return urlsafe_b64encode(bookmark.encode()).decode().rstrip("=")
