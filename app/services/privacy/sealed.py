"""Every column that holds what `seal` has sealed: who rotates or checks the keys goes through this list."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.messaging import MessageHook
from app.models.scheduling import OutsideCalendar
from app.models.webhooks import WebhookEndpoint
from app.platform.encryption import Place, master_key_id

_IS_THERE = text("SELECT to_regclass(:table) IS NOT NULL")


class Sealed(NamedTuple):
    """A column of a model with a UUID `id`."""

    model: type[SQLModel]
    column: str

    @property
    def table(self) -> str:
        return str(self.model.__tablename__)

    @property
    def value(self) -> Any:
        return getattr(self.model, self.column)

    @property
    def id(self) -> Any:
        return getattr(self.model, "id")  # noqa: B009

    def place_of(self, row_id: UUID) -> Place:
        return Place(self.table, self.column, row_id)


SEALED: Final = (
    Sealed(WebhookEndpoint, "sealed_secret"),
    Sealed(WebhookEndpoint, "sealed_previous_secret"),
    Sealed(MessageHook, "secret"),
    Sealed(OutsideCalendar, "sealed_url"),
)


async def keys_of_sealed(db: AsyncSession) -> set[str]:
    """Ids of the master keys that something is sealed by; for the system, also before a table is made."""
    found: set[str] = set()
    for sealed in SEALED:
        if (await db.execute(_IS_THERE, {"table": sealed.table})).scalar_one():
            key_ids = select(func.substring(sealed.value, 2, 16)).where(sealed.value.is_not(None)).distinct()
            found |= {master_key_id(bytes(key_id)) for key_id in await db.exec(key_ids)}
    return found
