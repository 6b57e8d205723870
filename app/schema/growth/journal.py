"""Journals."""

from datetime import datetime
from typing import Any

import strawberry

from app.loaders import members as member_loaders
from app.loaders import sessions as session_loaders
from app.loaders.growth import ReadJournalEntry
from app.models.coherence.dimensions import Element
from app.schema.coherence import dimensions  # noqa: F401  so that they are described before a type here asks
from app.schema.members import Member
from app.schema.relations import relation
from app.schema.sessions import Session
from app.wire.relay import Node, global_id, node_id

_TEXT = "1 to 20,000 characters."
_TITLE = "Up to 200 characters."
_MOOD = "1 (low) to 5 (high)."
_ABOUT = "A session of one's own that it is about."


@strawberry.type(description="What a member wrote in their journal. Stored encrypted.")
class JournalEntry(Node):
    id: strawberry.ID = node_id("JournalEntry")
    title: str | None = strawberry.field(description="What it is called.")
    text: str = strawberry.field(description="What was written.")
    mood: int | None = strawberry.field(description=f"How the member was: {_MOOD}")
    element: Element | None = strawberry.field(description="The element that it is about.")
    is_shared: bool = strawberry.field(description="Whether the member's coach sees it.")
    shared_at: datetime | None = strawberry.field(description="Since when.")
    version: int = strawberry.field(
        description="Rises by one with each change of what is written; give it back as `expectedVersion`."
    )
    created_at: datetime = strawberry.field(description="When it was written.")
    updated_at: datetime = strawberry.field(description="When what is written was last changed.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="Whose; null if out of sight."
    )
    session: Any = relation(
        Session | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session that it is about; null for who may see none.",
        shown_to=lambda actor, entry: actor.may("sessions:read"),
    )

    @strawberry.field(description="The goal that it is about, for `node`.")
    @staticmethod
    def goal_id(root: strawberry.Parent[ReadJournalEntry]) -> strawberry.ID | None:
        return None if root.goal_id is None else global_id("Goal", root.goal_id)

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, ReadJournalEntry)


@strawberry.input(description="A new entry of one's own journal.")
class WriteJournalEntryInput:
    text: str = strawberry.field(description=_TEXT)
    title: str | None = strawberry.field(default=strawberry.UNSET, description=_TITLE)
    mood: int | None = strawberry.field(default=strawberry.UNSET, description=_MOOD)
    element: Element | None = strawberry.field(default=strawberry.UNSET, description="The element that it is about.")
    session_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description=_ABOUT)
    goal_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A goal of one's own that it is about."
    )
    is_shared: bool = strawberry.field(default=False, description="Whether the coach is to see it.")
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Up to 200 characters of the client's choice: a retry under the same key does nothing more.",
    )


@strawberry.input(description="Changes of an entry; what is left out stays as it is.")
class UpdateJournalEntryInput:
    id: strawberry.ID = strawberry.field(description="The entry.")
    expected_version: int = strawberry.field(description="The version that was changed.")
    text: str | None = strawberry.field(default=strawberry.UNSET, description=_TEXT)
    title: str | None = strawberry.field(default=strawberry.UNSET, description=f"{_TITLE} Null takes it away.")
    mood: int | None = strawberry.field(default=strawberry.UNSET, description=f"{_MOOD} Null takes it away.")
    element: Element | None = strawberry.field(default=strawberry.UNSET, description="Null takes it away.")
    session_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_ABOUT} Null takes it away."
    )
    goal_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A goal of one's own that it is about. Null takes it away."
    )


@strawberry.input(description="Letting one's coach read an entry.")
class ShareJournalEntryInput:
    id: strawberry.ID = strawberry.field(description="The entry.")


@strawberry.input(description="Taking an entry out of one's coach's sight.")
class UnshareJournalEntryInput:
    id: strawberry.ID = strawberry.field(description="The entry.")


@strawberry.input(description="Removing an entry.")
class RemoveJournalEntryInput:
    id: strawberry.ID = strawberry.field(description="The entry.")
