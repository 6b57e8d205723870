"""What is reached from sessions."""

from app.loaders.sessions.history import changes_by_session
from app.loaders.sessions.notes import notes_by_session, sessions_by_id

__all__ = ["changes_by_session", "notes_by_session", "sessions_by_id"]
