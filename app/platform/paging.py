"""Pages by key, not by offset: the thousandth page costs what the first does, and nothing is seen twice."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sqlakeyset import BadBookmark, InvalidPage, PageSerializationError, unserialize_bookmark
from sqlakeyset.asyncio import select_page
from sqlalchemy import Select
from sqlalchemy.exc import StatementError
from sqlmodel.ext.asyncio.session import AsyncSession

Row = TypeVar("Row")


class InvalidCursor(ValueError):
    """A cursor that this server did not give out for this list."""

    extensions: ClassVar = {"code": "BAD_USER_INPUT", "status": 400, "field": "after"}


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
    try:
        after = unserialize_bookmark(_opened(page.after)) if page.after else None
        found = await select_page(db, statement, per_page=page.first, page=after)
    except (InvalidPage, BadBookmark, PageSerializationError, StatementError, ValueError):
        if page.after is None:
            raise
        raise InvalidCursor("after: this is not a cursor of this list") from None
    marked = list(found.paging.bookmark_items())  # type: ignore[no-untyped-call]
    return Page(
        rows=[row[0] for _, row in marked],
        cursors=[_sealed(bookmark) for bookmark, _ in marked],
        has_next=found.paging.has_next,
        has_previous=page.after is not None,
    )


def _sealed(bookmark: str) -> str:
    return urlsafe_b64encode(bookmark.encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
