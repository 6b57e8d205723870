"""A client's view of a coach's slots: what it has been shown, as it would keep it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.api import schema
from tests.operations import SLOT
from tests.practice import Person, Practice

WATCH = (
    "subscription ($coachId: ID!, $from: DateTime!, $to: DateTime!) {"
    " slotAvailability(coachId: $coachId, from: $from, to: $to) {"
    f" version isSnapshot slots {{ {SLOT} }} removedSlotIds }} }}"
)


class View:
    """Applies what it is sent: a snapshot, then changes; fails if a version goes back."""

    def __init__(self) -> None:
        self.slots: dict[str, dict[str, Any]] = {}
        self.version = -1
        self.messages = 0
        self.errors: list[dict[str, Any]] = []
        self.changed = asyncio.Condition()

    def apply(self, message: dict[str, Any]) -> None:
        assert message["version"] >= self.version, "a version went back"
        assert message["isSnapshot"] == (self.messages == 0)
        self.version = message["version"]
        self.messages += 1
        for slot in message["slots"]:
            self.slots[slot["id"]] = slot
        for gone in message["removedSlotIds"]:
            del self.slots[gone]

    async def reaches(self, version: int, seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: self.version >= version or self.errors)

    @property
    def bookable(self) -> list[str]:
        return sorted(slot["startsAt"] for slot in self.slots.values() if slot["isBookable"])


@asynccontextmanager
async def watching(
    practice: Practice, who: Person | None, coach: Person, since: str, until: str
) -> AsyncIterator[View]:
    """A view that has its snapshot, kept up to date until the block ends."""
    view = View()
    variables = {"coachId": coach.id, "from": since, "to": until}
    stream = await schema.subscribe(WATCH, variable_values=variables, context_value=practice.context(who))

    async def follow() -> None:
        async for result in stream:  # type: ignore[union-attr]
            async with view.changed:
                if result.errors:
                    view.errors += [error.formatted for error in result.errors]  # type: ignore[misc]
                else:
                    view.apply(result.data["slotAvailability"])
                view.changed.notify_all()

    following = asyncio.create_task(follow())
    try:
        await view.reaches(0)
        yield view
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def version_of(practice: Practice, coach: Person) -> int:
    assert coach.coach is not None
    ((version,),) = await practice.rows("SELECT version FROM coach_calendars WHERE coach_id = :c", c=coach.coach.id)
    return int(version)


async def assert_view_follows(
    practice: Practice, coach: Person, span: tuple[str, str], action: Callable[[], Awaitable[object]]
) -> View:
    """Snapshot and changes make what a fresh snapshot shows; the action is told of once."""
    async with watching(practice, coach, coach, *span) as view:
        before = view.version
        await action()
        after = await version_of(practice, coach)
        assert after == before + 1, "one change of the calendar is one version"
        await view.reaches(after)
        async with watching(practice, coach, coach, *span) as fresh:
            assert view.slots == fresh.slots
            assert view.version == fresh.version
        assert view.messages == 2
        return view
