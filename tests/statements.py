"""Counting what reaches the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api import schema
from tests.practice import Person, Practice

A_MATTER_OF_MOMENTS = 8


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def cost_of_page(practice: Practice, query: str, who: Person, first: int, **given: object) -> tuple[int, int]:
    """How many rows the page has, and how many statements it took."""
    with statements(practice.house.database.engine) as sent:
        page = await practice.ask(query, who, first=first, **given)
    return len(page["edges"]), len(sent)


def cost_alike(short: int, long: int) -> bool:
    """Statements of a short page and of a long one, which has some rows more.

    Without the compiled executor it depends on the moment which keys meet in one batch: a few statements more or less.
    """
    return abs(short - long) <= (0 if schema.compiled else A_MATTER_OF_MOMENTS)
