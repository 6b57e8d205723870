"""Coaching sessions: the list and one; their notes."""

from app.resolvers.sessions.notes import NotesMutation, NotesQuery
from app.resolvers.sessions.viewing import Query

__all__ = ["NotesMutation", "NotesQuery", "Query"]
