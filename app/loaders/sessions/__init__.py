"""What is reached from sessions."""

from app.loaders.sessions.history import changes_by_session
from app.loaders.sessions.series import sessions_by_series

__all__ = ["changes_by_session", "sessions_by_series"]
