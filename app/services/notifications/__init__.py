"""Notifications: who is told what, when, and how."""

from app.services.notifications.recording import Record, notify, record
from app.services.notifications.reminders import REMINDERS, DueReminders, Place, due_reminders, remind
from app.services.notifications.table import HEARD, TABLE, Telling, is_too_late, kinds_of, telling_of
from app.services.notifications.telling import tell

__all__ = [
    "HEARD",
    "REMINDERS",
    "TABLE",
    "DueReminders",
    "Place",
    "Record",
    "Telling",
    "due_reminders",
    "is_too_late",
    "kinds_of",
    "notify",
    "record",
    "remind",
    "tell",
    "telling_of",
]
