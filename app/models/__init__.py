"""What is stored. Importing this package registers every table."""

from sqlalchemy.orm import configure_mappers

from app.models import (
    coaches,
    coherence,
    growth,
    identity,
    members,
    messaging,
    notifications,
    outbox,
    privacy,
    risk,
    scheduling,
    sessions,
    webhooks,
)

__all__ = [
    "coaches",
    "coherence",
    "growth",
    "identity",
    "members",
    "messaging",
    "notifications",
    "outbox",
    "privacy",
    "risk",
    "scheduling",
    "sessions",
    "webhooks",
]

# Otherwise with the first query: rows are made without one too.
configure_mappers()
