"""Interventions by their ids, and what members and coaches wrote of them, decrypted."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_members, unsealed
from app.models.growth import Intervention, MemberIntervention, MemberInterventionNote
from app.platform.encryption import Key, key_id_of
from app.platform.keys import Owned

Row = TypeVar("Row", MemberIntervention, MemberInterventionNote)


async def interventions_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[Intervention | None]:
    """None for those that the asker may not see."""
    found = {row.id: row for row in await db.exec(select(Intervention).where(col(Intervention.id).in_(ids)))}
    return [found.get(row_id) for row_id in ids]


async def member_interventions_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[MemberIntervention | None]:
    """None for those that the asker may not see."""
    rows = await db.exec(select(MemberIntervention).where(col(MemberIntervention.id).in_(ids)))
    found = {row.id: row for row in rows}
    return [found.get(row_id) for row_id in ids]


async def feedback_by_member_intervention(db: AsyncSession, ids: Sequence[UUID]) -> list[str | None]:
    """What the members say of them, if anything. Raises `UnreadableValue`, which names the row."""
    statement = select(MemberIntervention).where(
        col(MemberIntervention.id).in_(ids), col(MemberIntervention.feedback).is_not(None)
    )
    found = await _read(db, (await db.exec(statement)).all(), feedback_in)
    return [found.get(row_id) for row_id in ids]


async def notes_by_member_intervention(db: AsyncSession, ids: Sequence[UUID]) -> list[str | None]:
    """What coaches noted, if anything, for those who may see it. Raises `UnreadableValue`, which names the row."""
    rows = await db.exec(select(MemberInterventionNote).where(col(MemberInterventionNote.id).in_(ids)))
    found = await _read(db, rows.all(), note_in)
    return [found.get(row_id) for row_id in ids]


def feedback_in(row: MemberIntervention, keys: Mapping[Owned, Key]) -> str | None:
    """Raises `UnreadableValue`, which names the row."""
    return None if row.feedback is None else unsealed(row.member_id, row.feedback, row.place, keys).decode()


def note_in(row: MemberInterventionNote, keys: Mapping[Owned, Key]) -> str:
    """Raises `UnreadableValue`, which names the row."""
    return unsealed(row.member_id, row.content, row.place, keys).decode()


async def _read(
    db: AsyncSession, rows: Sequence[Row], text_in: Callable[[Row, Mapping[Owned, Key]], str | None]
) -> dict[UUID, str | None]:
    """By their ids, without those whose member has left the asker's sight since they were read."""
    keys = await keys_for_members(db, [_key_of(row) for row in rows])
    seen = {member_id for member_id, _ in keys}
    return {row.id: text_in(row, keys) for row in rows if row.member_id in seen}


def _key_of(row: MemberIntervention | MemberInterventionNote) -> Owned:
    value = row.feedback if isinstance(row, MemberIntervention) else row.content
    assert value is not None
    return row.member_id, key_id_of(value, row.place)
