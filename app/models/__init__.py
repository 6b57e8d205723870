"""What is stored. Importing this package registers every table."""

from app.models import coaches, identity, members, scheduling, sessions

__all__ = ["coaches", "identity", "members", "scheduling", "sessions"]
