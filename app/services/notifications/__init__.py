"""Notifications: who is told what, when, and how."""

from app.services.notifications.recording import Record, notify, record
from app.services.notifications.table import HEARD, TABLE, Telling, is_too_late, kinds_of, telling_of

__all__ = ["HEARD", "TABLE", "Record", "Telling", "is_too_late", "kinds_of", "notify", "record", "telling_of"]
