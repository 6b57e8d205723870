"""Something that is to leave the house."""

from app.models.notifications import NotificationKind
from app.services.notifications import notify
from app.wire.relay import global_id
from tests.practice import Person, Practice


async def delivery_to(practice: Practice, person: Person) -> str:
    """The id of a mail that tells them of something new, and that no job is to send."""
    count = await practice.count("notifications", "user_id = :id", id=person.user.id)
    async with practice.as_system() as db:
        kind, occasion = NotificationKind.BOOKING_CONFIRMED, f"leaving:{count}"
        await notify(db, kind, [person.user.id], occasion=occasion, facts={}, now=practice.clock())
    await practice.rows("DELETE FROM pgqueuer WHERE entrypoint = 'send_mail' RETURNING 1")
    ((delivery_id,),) = await practice.rows(
        "SELECT d.id FROM deliveries d JOIN notifications n ON n.id = d.notification_id"
        " WHERE n.user_id = :id AND n.occasion = :occasion AND d.channel = 'EMAIL'",
        id=person.user.id,
        occasion=occasion,
    )
    return global_id("Delivery", delivery_id)
