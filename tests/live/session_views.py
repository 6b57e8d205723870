"""A client's view of sessions to come: what it has been shown, as it would keep it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from app.api import schema
from app.context import Context
from tests.operations import nodes
from tests.practice import Person, Practice

SHOWN = "id startsAt endsAt status version memberName coach { id } member { id }"
WATCH_SESSIONS = (
    "subscription ($coachId: ID, $memberId: ID) { sessionChanged(coachId: $coachId, memberId: $memberId) {"
    f" isSnapshot sessions {{ {SHOWN} }} removedSessionIds }} }}"
)
LIST = (
    "query ($first: Int, $filter: SessionFilter) { sessions(first: $first, filter: $filter) {"
    f" edges {{ node {{ {SHOWN} }} }} }} }}"
)
SCHEDULED = {"status": "SCHEDULED"}


class SessionView:
    """Applies what it is sent: a snapshot, then changes; fails if a session's version goes back."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.closed: dict[str, str] = {}
        self.removed: list[str] = []
        self.messages = 0
        self.errors: list[dict[str, Any]] = []
        self.changed = asyncio.Condition()

    def apply(self, message: dict[str, Any]) -> None:
        assert message["isSnapshot"] == (self.messages == 0)
        assert message["sessions"] == sorted(message["sessions"], key=lambda session: session["startsAt"])
        self.messages += 1
        for session in message["sessions"]:
            assert session["version"] >= self.sessions.get(session["id"], session)["version"], "a version went back"
            self.sessions[session["id"]] = session
            if session["status"] != "SCHEDULED":
                assert session["id"] not in self.closed, "told twice"
                self.closed[session["id"]] = session["status"]
                del self.sessions[session["id"]]
        for gone in message["removedSessionIds"]:
            del self.sessions[gone]
            self.removed.append(gone)

    async def comes_to(self, is_so: Callable[[], object], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: is_so() or self.errors)

    async def shows(self, *starts: str) -> None:
        """Exactly the sessions with these starts."""
        await self.comes_to(lambda: self.starts == sorted(starts))
        assert self.starts == sorted(starts)

    async def hears(self, messages: int) -> None:
        await self.comes_to(lambda: self.messages >= messages)

    async def ends(self) -> list[str]:
        await self.comes_to(lambda: self.errors)
        return self.codes

    @property
    def starts(self) -> list[str]:
        return sorted(session["startsAt"] for session in self.sessions.values())

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


@asynccontextmanager
async def watching_sessions(
    practice: Practice,
    who: Person,
    *,
    coach: Person | None = None,
    member: Person | None = None,
    until: datetime | None = None,
    may_go_on: asyncio.Event | None = None,
) -> AsyncIterator[SessionView]:
    """A view that has its snapshot, kept up to date until the block ends; with `may_go_on` it takes no more before."""
    view = SessionView()
    variables = {"coachId": coach.id if coach else None, "memberId": member.id if member else None}
    context = Context(practice.house, who.actor, until)
    stream = await schema.subscribe(WATCH_SESSIONS, variable_values=variables, context_value=context)

    async def follow() -> None:
        async for result in stream:  # type: ignore[union-attr]
            async with view.changed:
                if result.errors:
                    view.errors += [error.formatted for error in result.errors]  # type: ignore[misc]
                else:
                    view.apply(result.data["sessionChanged"])
                view.changed.notify_all()
            if may_go_on is not None:
                await may_go_on.wait()

    following = asyncio.create_task(follow())
    try:
        await view.hears(1)
        yield view
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def listed(practice: Practice, who: Person, *, coach: Person | None = None, member: Person | None = None) -> Any:
    """What the list of scheduled sessions says at this moment, as a view shows it."""
    named = {"coachId": coach.id if coach else None, "memberId": member.id if member else None}
    given = SCHEDULED | {name: value for name, value in named.items() if value is not None}
    rows = await nodes(practice, LIST, who, first=100, filter=given)
    return {session["id"]: session for session in rows}
