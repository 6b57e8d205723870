"""The rows of the access table about notifications."""

from app.models.notifications import NotificationKind
from app.services.notifications import notify
from app.wire.relay import global_id
from tests.house.rows import LOGIN, Row, given, inputs, its
from tests.practice import Person, Practice

NOW = "2026-03-02T08:00:00Z"


async def made_in(practice: Practice, *whom: Person) -> dict[str, str]:
    """Something that they were told, by type."""
    async with practice.as_system() as db:
        ids = [person.user.id for person in whom]
        facts = {"starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-03-02T10:00:00Z"}
        await notify(db, NotificationKind.NOTE_SHARED, ids, occasion="event:0", facts=facts, now=practice.clock())
    own = "SELECT id FROM notifications WHERE user_id = :id AND occasion = 'event:0'"
    ((told,),) = await practice.rows(own, id=ids[0])
    return {"Notification": global_id("Notification", told)}


NODES = {"Notification": LOGIN}
ROWS = {
    "Query.notifications": Row(LOGIN, given()),
    "Query.unreadNotificationCount": Row(LOGIN, given()),
    "Query.notificationPreferences": Row(LOGIN, given()),
    "Mutation.markNotificationRead": Row(LOGIN, inputs(id=its("Notification")), only=frozenset({"COACH"})),
    "Mutation.markAllNotificationsRead": Row(LOGIN, inputs(until=NOW)),
    "Mutation.updateNotificationPreferences": Row(LOGIN, inputs(quietHours=None)),
    "Subscription.notificationReceived": Row(LOGIN, given()),
}
