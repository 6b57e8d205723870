"""Counting what reaches the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.practice import Person, Practice


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
