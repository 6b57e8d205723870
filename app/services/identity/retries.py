"""Creating mutations under an idempotency key: a retry finds what the first try made."""

from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.identity import RememberedRequest
from app.problems import IdempotencyKeyReused
from app.services.identity.permissions import require_login


class Retried(Protocol):
    """A form that may come again under the same key."""

    @property
    def idempotency_key(self) -> str | None: ...

    def model_dump(self, *, mode: str, exclude: set[str]) -> dict[str, Any]: ...


async def made_before(
    db: AsyncSession, actor: Actor, mutation: str, form: Retried, *, secret: bytes = b""
) -> UUID | None:
    """What a try before has made; raises `IdempotencyKeyReused` if it was to be something else."""
    if form.idempotency_key is None:
        return None
    remembered = await db.get(RememberedRequest, (actor.user_id, mutation, form.idempotency_key))
    if remembered is None:
        return None
    if remembered.input_hash != _digest(form, secret):
        raise IdempotencyKeyReused
    return remembered.result_id


async def remember(
    db: AsyncSession,
    actor: Actor,
    mutation: str,
    form: Retried,
    result_id: UUID,
    now: datetime,
    *,
    secret: bytes = b"",
) -> None:
    if form.idempotency_key is None:
        return
    db.add(
        RememberedRequest(
            user_id=require_login(actor),
            mutation=mutation,
            key=form.idempotency_key,
            input_hash=_digest(form, secret),
            result_id=result_id,
            created_at=now,
        )
    )
    await db.flush()


def _digest(form: Retried, secret: bytes) -> bytes:
    """Keyed where the form holds a text, so that nobody without the key can try what it might have been."""
    given = form.model_dump(mode="json", exclude={"idempotency_key"})
    return blake2b(orjson.dumps(given), key=secret, digest_size=32).digest()
