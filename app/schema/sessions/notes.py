"""Notes of sessions and their templates."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.loaders import sessions as session_loaders
from app.loaders.sessions.notes import ReadNote
from app.models import sessions as models
from app.models.identity import Role
from app.models.sessions import NoteVisibility
from app.schema.relations import relation
from app.services.sessions.note_templates import BUILT_IN, BuiltInNoteTemplate
from app.wire.enums import describe
from app.wire.relay import Node, node_id

if TYPE_CHECKING:
    from app.schema.sessions.session import Session

describe(
    NoteVisibility,
    "Who may read a note, once it is final.",
    {
        "PRIVATE": "The coach of the session, the member's coach of today, and admins.",
        "SHARED": "The same, and the member.",
    },
)


@strawberry.type(description="One part of a note.")
class NoteSection:
    heading: str = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description="What was written.")


@strawberry.type(description="Who wrote a note.")
class NoteAuthor:
    role: Role = strawberry.field(description="As what they wrote it.")
    name: str | None = strawberry.field(description="Their name when they wrote it; null for admins.")


@strawberry.type(description="What somebody wrote about a session. Stored encrypted.")
class SessionNote(Node):
    id: strawberry.ID = node_id("SessionNote")
    author: NoteAuthor = strawberry.field(description="Who wrote it.")
    visibility: NoteVisibility = strawberry.field(description="Who may read it, once it is final.")
    is_draft: bool = strawberry.field(
        description="Not final: a member's is seen by the member, a coach's by coaches, and admins see both."
    )
    version: int = strawberry.field(description="Rises by one with each change; give it back as `expectedVersion`.")
    template: str | None = strawberry.field(description="The name of the template that it was begun from.")
    sections: list[NoteSection] = strawberry.field(description="The text, in its order.")
    created_at: datetime = strawberry.field(description="When it was begun.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    session: Any = relation(
        Annotated["Session", strawberry.lazy("app.schema.sessions.session")] | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session that it is about; null for who may see none.",
        shown_to=lambda actor, note: actor.may("sessions:read"),
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, ReadNote)


@strawberry.type(description="Headings to begin a note with.")
class NoteTemplate(Node):
    id: strawberry.ID = node_id("NoteTemplate")
    name: str = strawberry.field(description="Its name; SOAP, GROW and SESSION_SUMMARY are everybody's.")
    headings: list[str] = strawberry.field(description="The headings of the sections, in their order.")

    @strawberry.field(description="Whether everybody has it, and nobody can change it.")
    def is_built_in(self) -> bool:
        return self.id in BUILT_IN

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.NoteTemplate | BuiltInNoteTemplate)


@strawberry.input(description="One part of a note.")
class NoteSectionInput:
    heading: str = strawberry.field(description="1 to 120 characters.")
    text: str = strawberry.field(description="As it was typed; may be empty.")


@strawberry.input(description="A new note.")
class WriteSessionNoteInput:
    session_id: strawberry.ID = strawberry.field(description="The session, whatever its status.")
    visibility: NoteVisibility = strawberry.field(description="Who may read it; what a member writes is SHARED.")
    sections: list[NoteSectionInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Up to 20, of 50,000 characters in all; left out, those of the template begin empty.",
    )
    template_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The template that it is begun from."
    )
    is_draft: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Keep it from the other side for now; default: it is final."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Up to 200 characters of the client's choice: a retry under the same key writes nothing more.",
    )


@strawberry.input(description="Changes of a note; what is left out stays as it is.")
class UpdateSessionNoteInput:
    id: strawberry.ID = strawberry.field(description="The note.")
    expected_version: int = strawberry.field(description="The version that the asker has seen.")
    visibility: NoteVisibility | None = strawberry.field(
        default=strawberry.UNSET, description="What was shared, and is final, stays so."
    )
    sections: list[NoteSectionInput] | None = strawberry.field(
        default=strawberry.UNSET, description="All of them: up to 20, of 50,000 characters together."
    )
    is_draft: bool | None = strawberry.field(
        default=strawberry.UNSET, description="False makes it final; what is final stays so."
    )


@strawberry.input(description="Removing a note.")
class RemoveSessionNoteInput:
    id: strawberry.ID = strawberry.field(description="The note.")


@strawberry.input(description="A template of one's own.")
class AddNoteTemplateInput:
    name: str = strawberry.field(description="1 to 80 characters; different from one's others.")
    headings: list[str] = strawberry.field(description="1 to 20, of up to 120 characters.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For admins: whose it is to be."
    )


@strawberry.input(description="Changes of a template; notes that were begun from it stay as they are.")
class UpdateNoteTemplateInput:
    id: strawberry.ID = strawberry.field(description="The template.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 80 characters.")
    headings: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 20, of up to 120 characters."
    )


@strawberry.input(description="Removing a template.")
class RemoveNoteTemplateInput:
    id: strawberry.ID = strawberry.field(description="The template.")
