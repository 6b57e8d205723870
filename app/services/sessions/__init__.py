"""Coaching sessions: who may see which, and what is kept with them."""

from app.services.sessions.note_templates import (
    NewNoteTemplate,
    NoteTemplateChanges,
    Template,
    access_note_template,
    add_note_template,
    list_note_templates,
    remove_note_template,
    update_note_template,
)
from app.services.sessions.notes import (
    NewNote,
    NoteChanges,
    access_note,
    remove_session_note,
    update_session_note,
    write_session_note,
)
from app.services.sessions.viewing import SessionFilter, access_session, list_sessions, may_see

__all__ = [
    "NewNote",
    "NewNoteTemplate",
    "NoteChanges",
    "NoteTemplateChanges",
    "SessionFilter",
    "Template",
    "access_note",
    "access_note_template",
    "access_session",
    "add_note_template",
    "list_note_templates",
    "list_sessions",
    "may_see",
    "remove_note_template",
    "remove_session_note",
    "update_note_template",
    "update_session_note",
    "write_session_note",
]
