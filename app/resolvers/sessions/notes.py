"""Notes of sessions and their templates: writing, changing, removing, and the list of templates."""

from typing import Annotated, Any

import strawberry

from app.loaders.sessions.notes import ReadNote
from app.models import sessions as models
from app.resolvers.arguments import NOT_GIVEN
from app.schema.problems import IdempotencyKeyReused, VersionConflict, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.schema.sessions.notes import (
    AddNoteTemplateInput,
    NoteTemplate,
    RemoveNoteTemplateInput,
    RemoveSessionNoteInput,
    SessionNote,
    UpdateNoteTemplateInput,
    UpdateSessionNoteInput,
    WriteSessionNoteInput,
)
from app.services import sessions as session_service
from app.wire.inputs import fields_of
from app.wire.relay import given_key, global_id

OfCoach = Annotated[strawberry.ID | None, strawberry.argument(description="For admins: whose.", name="coachId")]


def _fields(given: object, **ids: str) -> dict[str, Any]:
    fields = fields_of(given, **ids)
    if fields.get("sections"):
        fields["sections"] = [vars(section) for section in fields["sections"]]
    return fields


@strawberry.type
class NotesQuery:
    @strawberry.field(
        graphql_type=list[NoteTemplate], description="Templates that everybody has, then a coach's own by name."
    )
    async def note_templates(self, info: Info, coach_id: OfCoach = NOT_GIVEN) -> list[session_service.AnyNoteTemplate]:
        chosen = given_key(coach_id, "Coach", "coachId")
        return await info.context.read(session_service.list_note_templates, coach_id=chosen)


@strawberry.type
class NotesMutation:
    @strawberry.mutation(
        graphql_type=result_of("WriteSessionNoteResult", SessionNote, IdempotencyKeyReused),
        description="Writes a note of a session that one has a part in.",
    )
    async def write_session_note(
        self, info: Info, input: Annotated[WriteSessionNoteInput, strawberry.argument(description="The note.")]
    ) -> ReadNote:
        form = session_service.NewNote.read(**_fields(input, session_id="Session", template_id="NoteTemplate"))
        return await info.context.write(session_service.write_session_note, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateSessionNoteResult", SessionNote, VersionConflict),
        description="Changes one's own note; as an admin, anybody's.",
    )
    async def update_session_note(
        self, info: Info, input: Annotated[UpdateSessionNoteInput, strawberry.argument(description="The changes.")]
    ) -> ReadNote:
        changes = _fields(input, id="SessionNote")
        note_id = changes.pop("id")
        form = session_service.NoteChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(session_service.update_session_note, note_id=note_id, form=form, now=now)

    @strawberry.mutation(
        graphql_type=result_of("RemoveSessionNoteResult", Removed),
        description="Removes one's own note; as an admin, anybody's.",
    )
    async def remove_session_note(
        self, info: Info, input: Annotated[RemoveSessionNoteInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        note_id = fields_of(input, id="SessionNote")["id"]
        gone = await info.context.write(session_service.remove_session_note, note_id=note_id)
        return Removed(id=global_id("SessionNote", gone))

    @strawberry.mutation(
        graphql_type=result_of("AddNoteTemplateResult", NoteTemplate),
        description="Adds a template of one's own; as an admin, anybody's. The same one twice is one.",
    )
    async def add_note_template(
        self, info: Info, input: Annotated[AddNoteTemplateInput, strawberry.argument(description="The template.")]
    ) -> models.NoteTemplate:
        form = session_service.NewNoteTemplate.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(session_service.add_note_template, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateNoteTemplateResult", NoteTemplate),
        description="Changes a template of one's own; as an admin, anybody's.",
    )
    async def update_note_template(
        self, info: Info, input: Annotated[UpdateNoteTemplateInput, strawberry.argument(description="The changes.")]
    ) -> models.NoteTemplate:
        changes = fields_of(input, id="NoteTemplate")
        template_id = changes.pop("id")
        form = session_service.NoteTemplateChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(
            session_service.update_note_template, template_id=template_id, form=form, now=now
        )

    @strawberry.mutation(
        graphql_type=result_of("RemoveNoteTemplateResult", Removed),
        description="Removes a template of one's own; as an admin, anybody's.",
    )
    async def remove_note_template(
        self, info: Info, input: Annotated[RemoveNoteTemplateInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        template_id = fields_of(input, id="NoteTemplate")["id"]
        gone = await info.context.write(session_service.remove_note_template, template_id=template_id)
        return Removed(id=global_id("NoteTemplate", gone))
