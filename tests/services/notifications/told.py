"""What people were told, as it is stored."""

from typing import Any

from tests.practice import Person, Practice

NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"


async def worked(practice: Practice) -> None:
    """All work is done, and nothing of it failed."""
    await practice.work()
    assert await practice.rows("SELECT * FROM pgqueuer WHERE entrypoint = 'notify'") == []


async def told(practice: Practice, who: Person) -> list[str]:
    """The kinds of what somebody was told, in the order in which it was recorded, after all work is done."""
    await worked(practice)
    rows = await practice.rows(
        "SELECT kind FROM notifications WHERE user_id = :id AND skipped IS NULL ORDER BY created_at, kind",
        id=who.user.id,
    )
    return [kind for (kind,) in rows]


async def facts_of(practice: Practice, who: Person, kind: str) -> dict[str, Any]:
    """Those of the only notification of a kind."""
    ((facts,),) = await practice.rows(
        "SELECT facts FROM notifications WHERE user_id = :id AND kind = :kind", id=who.user.id, kind=kind
    )
    found: dict[str, Any] = facts
    return found


async def mails(practice: Practice, who: Person, channel: str = "EMAIL") -> list[tuple[str, str]]:
    """The kind and the status of what is handed over to somebody, or not."""
    await worked(practice)
    rows = await practice.rows(
        "SELECT n.kind, d.status FROM deliveries d JOIN notifications n ON n.id = d.notification_id"
        " WHERE d.user_id = :id AND d.channel = :channel ORDER BY n.created_at, n.kind",
        id=who.user.id,
        channel=channel,
    )
    return [(kind, status) for kind, status in rows]
