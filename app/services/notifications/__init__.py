"""Notifications: who is told what, when, and how."""

from app.services.notifications.preferences import (
    Preference,
    PreferenceChanges,
    Preferences,
    Quiet,
    find_preferences,
    update_preferences,
)
from app.services.notifications.pruning import KEPT, prune_notifications
from app.services.notifications.reading import (
    FOLLOWED,
    Followed,
    Read,
    ReadUntil,
    Seen,
    access_notification,
    count_unread,
    follow_notifications,
    list_notifications,
    mark_all_read,
    mark_notification_read,
    texts_by_notification,
)
from app.services.notifications.recording import Record, notify, record
from app.services.notifications.reminders import REMINDERS, DueReminders, Place, due_reminders, remind
from app.services.notifications.table import HEARD, TABLE, Telling, is_too_late, kinds_of, telling_of
from app.services.notifications.telling import tell

__all__ = [
    "FOLLOWED",
    "HEARD",
    "KEPT",
    "REMINDERS",
    "TABLE",
    "DueReminders",
    "Followed",
    "Place",
    "Preference",
    "PreferenceChanges",
    "Preferences",
    "Quiet",
    "Read",
    "ReadUntil",
    "Record",
    "Seen",
    "Telling",
    "access_notification",
    "count_unread",
    "due_reminders",
    "find_preferences",
    "follow_notifications",
    "is_too_late",
    "kinds_of",
    "list_notifications",
    "mark_all_read",
    "mark_notification_read",
    "notify",
    "prune_notifications",
    "record",
    "remind",
    "tell",
    "telling_of",
    "texts_by_notification",
    "update_preferences",
]
