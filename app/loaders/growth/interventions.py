"""Interventions by their ids, and what members and coaches wrote of them, decrypted."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_members
from app.models.growth import Intervention, MemberIntervention, MemberInterventionNote
from app.platform.encryption import Place, UnreadableValue, key_id_of


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
    rows = (await db.exec(statement)).all()
    found = await unsealed(db, [(row.member_id, row.feedback, row.place) for row in rows if row.feedback is not None])
    return [found.get(row_id) for row_id in ids]


async def notes_by_member_intervention(db: AsyncSession, ids: Sequence[UUID]) -> list[str | None]:
    """What coaches noted, if anything, for those who may see it. Raises `UnreadableValue`, which names the row."""
    rows = await db.exec(select(MemberInterventionNote).where(col(MemberInterventionNote.id).in_(ids)))
    found = await unsealed(db, [(row.member_id, row.content, row.place) for row in rows])
    return [found.get(row_id) for row_id in ids]


async def unsealed(db: AsyncSession, values: Sequence[tuple[UUID, bytes, Place]]) -> dict[UUID | str, str]:
    """By the ids of the rows that they stand in, without those that have left the asker's sight meanwhile."""
    owned = {place: (member_id, key_id_of(value, place)) for member_id, value, place in values}
    keys = await keys_for_members(db, owned.values())
    seen = {member_id for member_id, _ in keys}
    texts: dict[UUID | str, str] = {}
    for member_id, value, place in values:
        key = keys.get(owned[place])
        if key is not None:
            texts[place.row_id] = key.unseal(value, place).decode()
        elif member_id in seen:
            raise UnreadableValue(place, "is under a key that its member does not have")
    return texts
