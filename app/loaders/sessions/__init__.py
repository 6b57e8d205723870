"""What is reached from sessions."""

from app.loaders.sessions.history import changes_by_session

__all__ = ["changes_by_session"]
