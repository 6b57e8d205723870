"""What is reached from sessions."""

from app.loaders.sessions.by_id import sessions_by_id
from app.loaders.sessions.history import changes_by_session

__all__ = ["changes_by_session", "sessions_by_id"]
