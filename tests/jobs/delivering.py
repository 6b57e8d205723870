"""A practice whose notifications leave the house, for real servers to take."""

from typing import Any

from app.models.notifications import NotificationKind
from app.platform.mail import Undelivered
from app.services.notifications import notify
from app.wire.relay import global_id
from tests.practice import Person, Practice

K = NotificationKind
STATE = "SELECT status, attempts, reason FROM deliveries ORDER BY created_at, channel"


class SmsPartner:
    """Takes SMS, or says what it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, str]] = []
        self.failure: Undelivered | None = None

    async def send(self, *, key: str, to: str, body: str) -> str:
        if self.failure is not None:
            raise self.failure
        self.taken.append((key, to, body))
        return f"SM{len(self.taken)}"


async def tell(practice: Practice, to: Person, kind: K = K.BOOKING_CONFIRMED, **facts: Any) -> None:
    session_id = facts.get("session_id")
    async with practice.context().unit_of_work() as db:
        ids = [to.user.id]
        now = practice.clock()
        await notify(db, kind, ids, occasion="event:1", facts=facts, session_id=session_id, now=now)


async def work_on(practice: Practice, tries: int = 1) -> None:
    """As if all pauses were over, each time."""
    for _ in range(tries):
        await practice.rows("UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued' RETURNING 1")
        await practice.work()


async def state(practice: Practice) -> tuple[str, int, str | None]:
    (row,) = await practice.rows(STATE)
    return tuple(row)  # type: ignore[return-value]


async def its_id(practice: Practice) -> str:
    ((delivery_id,),) = await practice.rows("SELECT id FROM deliveries")
    return global_id("Delivery", delivery_id)
