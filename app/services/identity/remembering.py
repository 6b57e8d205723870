"""Idempotency: a mutation is remembered under its key in the transaction of its effect; its twin waits there."""

import hashlib
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.forms import Form
from app.models.identity import RememberedRequest
from app.problems import IdempotencyKeyReused


async def recall(db: AsyncSession, user_id: UUID, mutation: str, key: str, form: Form) -> UUID | None:
    """What the first request under this key made, or None if this is the first; waits for one that is under way.

    Raises `IdempotencyKeyReused` when that one asked for something else.
    """
    input_hash = hashlib.sha256(form.model_dump_json().encode()).digest()
    row = {"user_id": user_id, "mutation": mutation, "key": key, "input_hash": input_hash}
    statement = insert(RememberedRequest).values(row).on_conflict_do_nothing().returning(col(RememberedRequest.user_id))
    if (await db.execute(statement)).first() is not None:
        return None
    found = (await db.exec(select(RememberedRequest).where(*_under(user_id, mutation, key)))).one()
    if found.input_hash != input_hash:
        raise IdempotencyKeyReused
    return found.result_id


async def remember(db: AsyncSession, user_id: UUID, mutation: str, key: str, result_id: UUID) -> None:
    await db.exec(update(RememberedRequest).where(*_under(user_id, mutation, key)).values(result_id=result_id))


def _under(user_id: UUID, mutation: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(RememberedRequest.user_id) == user_id,
        col(RememberedRequest.mutation) == mutation,
        col(RememberedRequest.key) == key,
    )
