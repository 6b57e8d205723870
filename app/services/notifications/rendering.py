"""A notification in words: written when it is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.notifications import Notification


@dataclass(frozen=True, slots=True)
class Texts:
    """`short` is of the length of an SMS, and plain; `subject` and `short` are one line each."""

    subject: str
    text: str
    html: str
    short: str


async def texts_of(db: AsyncSession, notifications: Sequence[Notification]) -> list[Texts]:
    """In their order."""
    words = [each.kind.value.replace("_", " ").capitalize() for each in notifications]
    return [Texts(said, said, said, f"{said}.") for said in words]
