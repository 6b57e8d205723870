"""Creating mutations under an idempotency key: a retry finds what the first try made."""

from datetime import datetime
from hashlib import blake2b
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form
from app.models.identity import RememberedRequest
from app.problems import IdempotencyKeyReused
from app.services.identity.permissions import require_login


async def made_before(
    db: AsyncSession, actor: Actor, mutation: str, key: str | None, form: Form, *, secret: bytes = b""
) -> UUID | None:
    """What a try before has made; raises `IdempotencyKeyReused` if it was to be something else."""
    if key is None:
        return None
    remembered = await db.get(RememberedRequest, (actor.user_id, mutation, key))
    if remembered is None:
        return None
    if remembered.input_hash != _digest(form, secret):
        raise IdempotencyKeyReused
    return remembered.result_id


async def remember(
    db: AsyncSession,
    actor: Actor,
    mutation: str,
    key: str | None,
    form: Form,
    result_id: UUID,
    now: datetime,
    *,
    secret: bytes = b"",
) -> None:
    if key is None:
        return
    db.add(
        RememberedRequest(
            user_id=require_login(actor),
            mutation=mutation,
            key=key,
            input_hash=_digest(form, secret),
            result_id=result_id,
            created_at=now,
        )
    )
    await db.flush()


def _digest(form: Form, secret: bytes) -> bytes:
    """Keyed where the form holds a text, so that nobody without the key can try what it might have been."""
    given = form.model_dump(mode="json", exclude={"idempotency_key"})
    return blake2b(orjson.dumps(given), key=secret, digest_size=32).digest()
